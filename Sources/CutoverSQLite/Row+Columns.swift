import CutoverModel
import CutoverTasks
import Foundation
import GRDB

/// Typed columns that answer a damaged row with an error; GRDB's own subscripts would end the process.
extension Row {
    func integer(_ index: Int) throws -> Int64 {
        let value: DatabaseValue = self[index]
        guard case .int64(let integer) = value.storage else { throw Self.damaged }
        return integer
    }

    func text(_ index: Int) throws -> String {
        let value: DatabaseValue = self[index]
        guard case .string(let text) = value.storage else { throw Self.damaged }
        return text
    }

    func blob(_ index: Int) throws -> Data {
        guard let blob = try optionalBlob(index) else { throw Self.damaged }
        return blob
    }

    func optionalBlob(_ index: Int) throws -> Data? {
        let value: DatabaseValue = self[index]
        switch value.storage {
        case .blob(let blob): return blob
        case .null: return nil
        default: throw Self.damaged
        }
    }

    func status(_ index: Int) throws -> TaskStatus {
        guard let number = Int32(exactly: try integer(index)) else { throw Self.damaged }
        return TaskStatus(rawValue: number)
    }

    private static var damaged: TaskStoreError {
        TaskStoreError(.corrupt, "a row of the store has a column of the wrong type; restore a backup")
    }
}
