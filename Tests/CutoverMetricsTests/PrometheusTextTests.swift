import CutoverMetrics
import Testing

@Suite struct PrometheusTextTests {
    @Test func theWholeFormat() {
        var histogram = MetricFamily("wait_seconds", .histogram, "How long.")
        histogram.add(
            .histogram(MetricHistogram(bounds: [0.0001, 1, 2.5], counts: [1, 0, 2, 4], sum: 30.25)),
            [("method", "a")])
        var calls = MetricFamily("calls_total", .counter, "Calls, by \\ and\nline.")
        calls.add(.count(3), [("status", "OK"), ("method", "b")])
        calls.add(.count(UInt64(1) << 53), [("status", "quote \" slash \\ line\nend")])
        calls.add(.count(7))
        let gauge = MetricFamily("a.level", .gauge, "")
            .with(.number(1.5), [("k", "1")]).with(.number(.infinity), [("k", "2")])
            .with(.number(-.infinity), [("k", "3")]).with(.number(.nan), [("k", "4")])
            .with(.number(-2), [("k", "5")])
        #expect(
            PrometheusText.render([histogram, gauge, calls, MetricFamily("empty", .gauge, "Nothing.")]) == #"""
                # TYPE a_level gauge
                a_level{k="1"} 1.5
                a_level{k="2"} +Inf
                a_level{k="3"} -Inf
                a_level{k="4"} NaN
                a_level{k="5"} -2
                # HELP calls_total Calls, by \\ and\nline.
                # TYPE calls_total counter
                calls_total 7
                calls_total{method="b",status="OK"} 3
                calls_total{status="quote \" slash \\ line\nend"} 9007199254740992
                # HELP wait_seconds How long.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{method="a",le="0.0001"} 1
                wait_seconds_bucket{method="a",le="1"} 1
                wait_seconds_bucket{method="a",le="2.5"} 3
                wait_seconds_bucket{method="a",le="+Inf"} 7
                wait_seconds_sum{method="a"} 30.25
                wait_seconds_count{method="a"} 7

                """#)
    }

    @Test func ofFamiliesWithOneNameTheFirstIsShown() {
        let text = PrometheusText.render([
            MetricFamily("x", .gauge, "First.").with(.count(1)), MetricFamily("x", .counter, "Second.").with(.count(2)),
        ])
        #expect(text == "# HELP x First.\n# TYPE x gauge\nx 1\n")
    }
}
