import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct TaskListRendererTests {
    @Test func fitsEightyColumns() {
        let lines = TaskListRenderer(style: TextStyle()).lines([Fixtures.copying, Fixtures.following, Fixtures.broken])
        #expect(
            lines.text == """
                ID                                    NAME          STATUS
                0b6f3d52-9f0e-4c3a-8f5e-1d2c3b4a5e6f  shop-eu       FULL_MIGRATION
                5c1d7a90-1111-4222-8333-444455556666  crm           INCREMENTAL_MIGRATION
                9a9a9a9a-2222-4333-8444-555566667777  a task with…  INCREMENTAL_MIGRATION_FAILED
                """)
    }

    @Test func keepsTheLagWhereThereIsRoom() {
        let lines = TaskListRenderer(style: TextStyle()).lines([Fixtures.copying, Fixtures.following])
        #expect(
            lines.text == """
                ID                                    NAME     STATUS                   LAG
                0b6f3d52-9f0e-4c3a-8f5e-1d2c3b4a5e6f  shop-eu  FULL_MIGRATION
                5c1d7a90-1111-4222-8333-444455556666  crm      INCREMENTAL_MIGRATION  2.1 s
                """)
    }

    @Test func showsEverythingWhereNothingBoundsTheLine() {
        let style = TextStyle(columns: TextStyle.unboundColumns)
        #expect(
            TaskListRenderer(style: style).lines([Fixtures.copying]).text == """
                ID                                    NAME     STATUS          DONE  LABELS     CREATED
                0b6f3d52-9f0e-4c3a-8f5e-1d2c3b4a5e6f  shop-eu  FULL_MIGRATION   42%  team=shop  2026-11-23 07:00:04 UTC
                """)
    }

    @Test func saysThatThereIsNothing() {
        #expect(TaskListRenderer(style: TextStyle()).lines([]) == ["No tasks."])
    }

    @Test func aFailedConfigurationShows() {
        let task = MigrationTask(status: .configuration, configurationFailed: true)
        #expect(TaskListRenderer.statusText(task) == "CONFIGURATION (failed)")
        #expect(task.ink == .red)
    }
}
