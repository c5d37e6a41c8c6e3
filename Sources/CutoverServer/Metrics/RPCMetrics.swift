internal import CutoverMetrics
internal import CutoverRPC
internal import CutoverWire

/// The counters of the listener as metrics. Labels are names of registered methods, of statuses and of reasons: never text from
/// the network.
enum RPCMetrics {
    static func families(_ statistics: RPCServerStatistics) -> [MetricFamily] {
        connections(statistics) + calls(statistics)
    }

    private static func connections(_ statistics: RPCServerStatistics) -> [MetricFamily] {
        let open = MetricFamily("cutover_rpc_connections", .gauge, "Connections that are open.")
        let accepted = MetricFamily(
            "cutover_rpc_connections_accepted_total", .counter,
            "Connections ever taken, those included that were refused afterwards.")
        var refused = MetricFamily(
            "cutover_rpc_connections_refused_total", .counter, "Connections on which no call was read, by reason.")
        var ended = MetricFamily(
            "cutover_rpc_connections_ended_total", .counter,
            "Connections that the server told to go after they were set up, by reason.")
        let received = MetricFamily(
            "cutover_rpc_received_bytes_total", .counter, "Bytes that came from clients, without those of TLS.")
        let sent = MetricFamily(
            "cutover_rpc_sent_bytes_total", .counter, "Bytes that were given to the network, without those of TLS.")
        // Of those over the cap some are closed without a word: they have a counter of their own.
        refused.add(.count(statistics.connectionsRefused), [("reason", GoAwayReason.overloaded.label)])
        for reason in GoAwayReason.allKnown where reason != .overloaded {
            let value = MetricValue.count(statistics.goAways[reason] ?? 0)
            if reason.isRefusal {
                refused.add(value, [("reason", reason.label)])
            } else {
                ended.add(value, [("reason", reason.label)])
            }
        }
        return [
            open.with(.count(statistics.connections)), accepted.with(.count(statistics.connectionsAccepted)), refused,
            ended, received.with(.count(statistics.receivedBytes)), sent.with(.count(statistics.sentBytes)),
        ]
    }

    private static func calls(_ statistics: RPCServerStatistics) -> [MetricFamily] {
        var calls = MetricFamily(
            "cutover_rpc_calls_total", .counter,
            "Calls that were answered, by method and status; calls of methods that are not served under \"unknown\".")
        var abandoned = MetricFamily(
            "cutover_rpc_calls_abandoned_total", .counter, "Calls whose connection ended before their answer.")
        var live = MetricFamily("cutover_rpc_live_handlers", .gauge, "Handlers that run now.")
        var durations = MetricFamily(
            "cutover_rpc_call_duration_seconds", .histogram,
            "From the arrival of a call to its answer, for calls that were not refused. A stream lasts until its end.")
        calls.add(
            .count(statistics.unknownMethods), [("method", "unknown"), ("status", RPCStatus.unimplemented.name)])
        for method in statistics.methods {
            let name = [("method", method.method.name)]
            if method.answeredByStatus.isEmpty { calls.add(.count(0), name + [("status", RPCStatus.ok.name)]) }
            for (status, count) in method.answeredByStatus {
                calls.add(.count(count), name + [("status", status.name)])
            }
            abandoned.add(.count(method.abandoned), name)
            live.add(.count(method.live), name)
            durations.add(
                .histogram(
                    MetricHistogram(
                        bounds: method.latency.boundsUs.map { Double($0) / 1e6 }, counts: method.latency.counts,
                        sum: Double(method.latency.sumUs) / 1e6)),
                name)
        }
        return [calls, abandoned, live, durations]
    }
}
