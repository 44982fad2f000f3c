package import CoreMetrics
import Synchronization

/// Keeps every metric of the process and writes them in the text format of Prometheus (version 0.0.4).
///
/// Labels must be bounded by the code that makes them: a tenant's identifier is never one.
package final class PrometheusRegistry: MetricsFactory {
    private struct Key: Hashable {
        var name: String
        var labels: [Label]
    }

    private struct Label: Hashable {
        var name: String
        var value: String
    }

    private struct State {
        var counters: [Key: PrometheusCounter] = [:]
        var recorders: [Key: PrometheusRecorder] = [:]
        var timers: [Key: PrometheusTimer] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let key = Self.key(label, dimensions)
        return state.withLock { state in
            if let counter = state.counters[key] { return counter }
            let counter = PrometheusCounter()
            state.counters[key] = counter
            return counter
        }
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        let key = Self.key(label, dimensions)
        return state.withLock { state in
            if let recorder = state.recorders[key] { return recorder }
            let recorder = PrometheusRecorder()
            state.recorders[key] = recorder
            return recorder
        }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let key = Self.key(label, dimensions)
        return state.withLock { state in
            if let timer = state.timers[key] { return timer }
            let timer = PrometheusTimer()
            state.timers[key] = timer
            return timer
        }
    }

    /// Metrics live as long as the process: their names are few.
    package func destroyCounter(_: any CounterHandler) {}
    package func destroyRecorder(_: any RecorderHandler) {}
    package func destroyTimer(_: any TimerHandler) {}

    /// The exposition, sorted, so that two scrapes differ only in values.
    package func exposition() -> String {
        let (counters, recorders, timers) = state.withLock { ($0.counters, $0.recorders, $0.timers) }
        // By label, so that the lines of one histogram stay together and in the order of their bounds.
        var families: [String: (type: String, series: [String: [String]])] = [:]
        func add(_ name: String, _ type: String, _ labels: [Label], _ lines: [String]) {
            families[name, default: (type, [:])].series[Self.text(labels), default: []] += lines
        }
        for (key, counter) in counters {
            let name = key.name + "_total"
            add(name, "counter", key.labels, ["\(name)\(Self.text(key.labels)) \(counter.value)"])
        }
        for (key, recorder) in recorders {
            add(key.name, "gauge", key.labels, ["\(key.name)\(Self.text(key.labels)) \(recorder.value)"])
        }
        for (key, timer) in timers {
            let name = key.name + "_seconds"
            add(name, "histogram", key.labels, Self.lines(of: timer.snapshot, name, key.labels))
        }
        return families.sorted { $0.key < $1.key }.map { name, family in
            let lines = family.series.sorted { $0.key < $1.key }.flatMap(\.value)
            return "# TYPE \(name) \(family.type)\n" + lines.joined(separator: "\n") + "\n"
        }.joined()
    }

    private static func lines(
        of snapshot: PrometheusTimer.Snapshot, _ name: String, _ labels: [Label]
    ) -> [String] {
        var lines: [String] = []
        var total: UInt64 = 0
        for (bound, count) in zip(PrometheusTimer.boundsSeconds, snapshot.buckets) {
            total += count
            lines.append("\(name)_bucket\(text(labels + [Label(name: "le", value: String(bound))])) \(total)")
        }
        lines.append("\(name)_bucket\(text(labels + [Label(name: "le", value: "+Inf")])) \(snapshot.count)")
        lines.append("\(name)_sum\(text(labels)) \(snapshot.sumSeconds)")
        lines.append("\(name)_count\(text(labels)) \(snapshot.count)")
        return lines
    }

    private static func key(_ label: String, _ dimensions: [(String, String)]) -> Key {
        Key(
            name: sanitised(label),
            labels: dimensions.map { Label(name: sanitised($0.0), value: $0.1) }.sorted { $0.name < $1.name })
    }

    private static func sanitised(_ name: String) -> String {
        let legal = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? $0 : "_" }
        return (legal.first?.isNumber ?? true ? "_" : "") + String(legal)
    }

    private static func text(_ labels: [Label]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { label in
            let value = label.value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
            return "\(label.name)=\"\(value)\""
        }
        return "{" + pairs.joined(separator: ",") + "}"
    }
}
