/// Ends connections at the server, from a control connection.
package enum ConnectionKiller {
    /// What became of one connection.
    package enum Outcome: Sendable, Hashable {
        case killed
        /// The server no longer had it.
        case alreadyGone
        case failed(MariaDBError)
    }

    /// Kills connections by their numbers, within about `timeoutSeconds` to connect and as long for each answer.
    ///
    /// - Throws: ``MariaDBError`` if no control connection could be opened in that time.
    package static func kill(
        _ connectionIDs: [UInt64], at endpoint: MariaDBEndpoint, timeoutSeconds: UInt32 = 1
    ) async throws -> [UInt64: Outcome] {
        guard !connectionIDs.isEmpty else { return [:] }
        let options = MariaDBConnectionOptions(
            connectTimeoutSeconds: timeoutSeconds, readTimeoutSeconds: timeoutSeconds,
            writeTimeoutSeconds: timeoutSeconds)
        let control = try await MariaDBConnection.connect(endpoint, options: options)
        var outcomes: [UInt64: Outcome] = [:]
        for identifier in connectionIDs {
            do {
                try await control.execute("KILL CONNECTION \(identifier)", as: "kill a connection")
                outcomes[identifier] = .killed
            } catch let error as MariaDBError {
                outcomes[identifier] = error.serverCode == 1094 ? .alreadyGone : .failed(error)
                if error.isConnectionLost { break }
            }
        }
        await control.close()
        return outcomes
    }
}
