import ArgumentParser

struct TaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Create, configure, run and show migration tasks.",
        subcommands: [
            TaskCreateCommand.self, TaskConfigureCommand.self, TaskStartCommand.self, TaskPauseCommand.self,
            TaskResumeCommand.self, TaskShowCommand.self, TaskListCommand.self, TaskActionsCommand.self,
            TaskDeleteCommand.self,
        ])
}
