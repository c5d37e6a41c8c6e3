import ArgumentParser
import CutoverConsole

struct DatabasesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "databases", abstract: "Print SQL that makes small databases for prepared tasks to migrate.",
        discussion: """
            This command speaks to no database. Feed what it prints to the source:

              cutover-load databases 20 | mariadb -h SOURCE

            and take the databases away at both ends afterwards:

              cutover-load databases 20 --drop | mariadb -h SOURCE
              cutover-load databases 20 --drop | mariadb -h DESTINATION
            """)

    @Argument(help: ArgumentHelp("How many, 1 to 10000.", valueName: "count"))
    var count: Int

    @Option(help: ArgumentHelp("Rows of the table in each, 0 to 1000000.", valueName: "count"))
    var rows = 100

    @Flag(help: "Print what drops them.")
    var drop = false

    func run() throws {
        guard (1...10_000).contains(count), (0...1_000_000).contains(rows) else {
            Console.current.printErrorLines([
                "cutover-load: the databases must be 1 to 10000, their rows 0 to 1000000"
            ])
            throw ExitCode(CommandStatus.usage.rawValue)
        }
        for number in 0..<count { Console.current.printLines(Self.statements(number, rows: rows, drop: drop)) }
    }

    static func statements(_ number: Int, rows: Int, drop: Bool) -> [String] {
        let name = RealDatabases.name(number)
        guard !drop else { return ["DROP DATABASE IF EXISTS `\(name)`;"] }
        var lines = [
            "CREATE DATABASE `\(name)`;",
            // Tables of the sequence engine are found in a chosen database only.
            "USE `\(name)`;",
            "CREATE TABLE `item` (id INT PRIMARY KEY, word VARCHAR(40) NOT NULL) ENGINE=InnoDB;",
        ]
        if rows > 0 {
            lines.append("INSERT INTO `item` SELECT seq, CONCAT('item ', seq) FROM seq_1_to_\(rows);")
        }
        return lines
    }
}
