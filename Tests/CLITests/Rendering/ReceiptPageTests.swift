import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct ReceiptPageTests {
    private static let nowMs = Fixtures.startMs + 8_000

    private func page(_ response: StopTaskResponse) -> String {
        ReceiptPage(response: response, nowMs: Self.nowMs).text
    }

    private static var everyResponse: [StopTaskResponse] {
        [
            ReceiptFixtures.response(ReceiptFixtures.graceful), ReceiptFixtures.response(ReceiptFixtures.forced),
            ReceiptFixtures.finished, ReceiptFixtures.withdrawn, ReceiptFixtures.response(ReceiptFixtures.partialCopy),
            ReceiptFixtures.response(ReceiptFixtures.manyObjects), ReceiptFixtures.hostile,
            StopTaskResponse(stop: ReceiptFixtures.underWay), StopTaskResponse(),
        ]
    }

    @Test(arguments: everyResponse)
    func thePageNeedsNothingElse(response: StopTaskResponse) {
        let text = page(response)
        for foreign in ["<script", "<link", "<img", "<iframe", " src=", " href=", "url(", "@import", "http:", "https:"]
        {
            // What comes from outside is escaped, so it never holds a markup character.
            #expect(!text.contains(foreign) || !foreign.hasPrefix("<") && ReceiptFixtures.hostileText.contains(foreign))
        }
        #expect(text.hasPrefix("<!DOCTYPE html>\n"))
        #expect(text.hasSuffix("</html>\n"))
        #expect(text.contains("default-src 'none'"))
    }

    /// Every tag is one that the page's own code writes, with attributes that it writes, and each is closed.
    @Test(arguments: everyResponse)
    func nothingFromOutsideBecomesMarkup(response: StopTaskResponse) throws {
        let text = page(response)
        let names: Set = [
            "html", "head", "meta", "title", "style", "body", "main", "p", "h1", "h2", "small", "div", "strong", "dl",
            "dt", "dd", "bdi", "figure", "svg", "line", "text", "rect", "circle", "table", "thead", "tbody", "tr", "th",
            "td", "span", "ul", "li", "b", "code", "pre", "footer",
        ]
        let attributes: Set = [
            "lang", "charset", "http-equiv", "content", "name", "class", "scope", "viewBox", "role", "aria-label", "x",
            "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "width", "height", "text-anchor",
        ]
        let body = try #require(text.split(separator: "\n", maxSplits: 1).last)
        var open: [Substring] = []
        for tag in body.matches(of: /<(\/?)([^\s>\/]*)([^>]*)>/) {
            let name = tag.output.2
            #expect(names.contains(String(name)), "<\(name)>")
            for attribute in tag.output.3.matches(of: /([^\s=]+)="[^"<]*"/) {
                #expect(attributes.contains(String(attribute.output.1)), "\(attribute.output.0)")
            }
            let rest = tag.output.3.replacing(/[^\s=]+="[^"<]*"/, with: "")
            #expect(rest.allSatisfy { $0 == " " || $0 == "/" }, "\(tag.output.0)")
            if tag.output.1 == "/" {
                #expect(open.popLast() == name)
            } else if name != "meta", name != "line" {
                open.append(name)
            }
        }
        #expect(open.isEmpty)
        #expect(body.replacing(/<[^<>]*>/, with: "").allSatisfy { $0 != "<" && $0 != ">" } || body.contains("1fr"))
        for scalar in text.unicodeScalars where scalar != "\n" {
            #expect(TextWidth.harmless(String(scalar)) == String(scalar), "U+\(String(scalar.value, radix: 16))")
        }
    }

    @Test func aHostileNameIsShownAndNotObeyed() {
        let text = page(ReceiptFixtures.hostile)
        #expect(text.contains("<h1><bdi>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;svg onload=x&gt;&quot;"))
        #expect(text.contains("שלום 名前"))
        #expect(text.contains("&amp;amp;"))
        #expect(text.contains("Characters that cannot be seen stand here as \u{FFFD}."))
    }

    @Test func residueStandsVerbatim() {
        let text = page(ReceiptFixtures.response(ReceiptFixtures.forced))
        #expect(
            text.contains(
                """
                <pre>-- trigger crm.orders_ai on orders
                DELIMITER //
                CREATE DEFINER=`app`@`%` TRIGGER `crm`.`orders_ai` AFTER INSERT ON `crm`.`orders` FOR EACH ROW BEGIN
                    INSERT INTO audit (id, at) VALUES (NEW.id, NOW());
                """))
        #expect(text.contains("WHERE at &lt; NOW() - INTERVAL 30 DAY;"))
        #expect(!text.contains("\u{FFFD}"))
        #expect(text.contains("cutover residue finish \(Fixtures.following.id) --reason TEXT"))
    }

    /// What was made since is no residue any more; what failed again says why.
    @Test func theLaterRecordsAreShown() throws {
        let text = page(ReceiptFixtures.finished)
        #expect(text.contains("<h2>Residue finished later<small>1 failed, 1 created, 1 present</small></h2>"))
        #expect(text.contains("1 object is not at the destination"))
        #expect(!text.contains("CREATE EVENT"))
        #expect(text.contains("<dd><bdi>21</bdi></dd>"))
        #expect(text.contains("cutover audit verify --head 21:2222"))
        #expect(text.contains("Hash of record 16"))
    }

    @Test func everyObjectIsThereTheFailedOnesFirst() throws {
        let stop = ReceiptFixtures.manyObjects
        let text = page(ReceiptFixtures.response(stop))
        #expect(text.contains("8 failed, 8 skipped, 176 created, 8 present"))
        for object in stop.objects where !object.name.isEmpty {
            #expect(text.contains("<bdi>\(object.name)</bdi>"))
        }
        let failed = try #require(text.range(of: "<span class=\"bad\">failed</span>"))
        let created = try #require(text.range(of: "<span class=\"good\">created</span>"))
        #expect(failed.lowerBound < created.lowerBound)
    }

    @Test func tablesCopiedInPartAreNamed() {
        let text = page(ReceiptFixtures.response(ReceiptFixtures.partialCopy))
        #expect(text.contains("<h2>Tables of the copy<small>1 in part, 2 whole</small></h2>"))
        #expect(text.contains("<bdi>shop</bdi>.<bdi>orders</bdi></td><td class=\"short\"><span class=\"bad\">in part"))
        #expect(text.contains("Not drained: the full copy is incomplete."))
    }

    @Test func positionsStandSideBySide() {
        let text = page(ReceiptFixtures.response(ReceiptFixtures.forced))
        #expect(
            text.contains(
                "<tr><td class=\"short\">0</td><td><code><bdi>0-1-5000</bdi></code></td>"
                    + "<td><code><bdi>0-1-5000</bdi></code></td><td><code><bdi>0-1-4710</bdi></code></td>"
                    + "<td class=\"num\"><b class=\"bad\">290</b></td></tr>"))
    }

    @Test func theHeadlineSaysHowItCameOut() {
        func headline(_ response: StopTaskResponse) -> ReceiptHeadline { ReceiptHeadline(response) }
        let graceful = headline(ReceiptFixtures.response(ReceiptFixtures.graceful))
        #expect(graceful.mood == .good)
        #expect(graceful.title == "Stopped")
        #expect(headline(ReceiptFixtures.response(ReceiptFixtures.manyObjects)).mood == .warn)
        #expect(headline(ReceiptFixtures.response(ReceiptFixtures.forced)).mood == .bad)
        #expect(headline(ReceiptFixtures.response(ReceiptFixtures.partialCopy)).title == "Stopped, not drained")
        #expect(headline(ReceiptFixtures.withdrawn).title == "Withdrawn: the task runs on")
        #expect(headline(StopTaskResponse(stop: ReceiptFixtures.underWay)).mood == .live)
        var failed = ReceiptFixtures.underWay
        failed.phase = .failed
        failed.failure = TaskFailure(code: "OBJECTS_FAILED", message: "Correct them.")
        #expect(headline(StopTaskResponse(stop: failed)).lines == ["OBJECTS_FAILED: Correct them."])
        var completed = ReceiptFixtures.partialCopy
        completed.completes = true
        #expect(headline(ReceiptFixtures.response(completed)).title == "Completed")
    }
}
