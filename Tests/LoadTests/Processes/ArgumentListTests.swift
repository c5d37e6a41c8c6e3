import Testing

@testable import cutover_load

@Suite struct ArgumentListTests {
    @Test func optionsGoWithTheirValues() {
        let list = ArgumentList([
            "run", "--html", "a.html", "--rate", "5", "--html=b", "--title", "--html", "--htmlx", "c",
        ])
        #expect(list.without(["--html", "--title"]) == ["run", "--rate", "5", "--htmlx", "c"])
    }

    @Test func anOptionAtTheEndGoesToo() {
        #expect(ArgumentList(["run", "--html"]).without(["--html"]) == ["run"])
    }
}
