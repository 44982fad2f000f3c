import CoreMetrics
import Database
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Insight
import JSON
import TestSupport
import Testing
import Web

@Suite("Health and metrics", .timeLimit(.minutes(10)), .serialized)
struct HealthTests {
    @Test("without its database the process is live and not ready, names PostgreSQL, and recovers unaided")
    func databaseDown() async throws {
        let cluster = try await PostgresCluster.temporary()
        let fixture = try await PostgresFixture.database(on: cluster) { $0.limits.unavailablePatience = .seconds(1) }
        let web = WebFixture(TenantFixture(fixture.database))
        let application = Application(responder: web.surface.router().buildResponder())
        try await application.test(.router) { client in
            #expect(try await client.call(.get, "/health/ready").status == 200)
            try await cluster.stop()
            let ready = try await client.call(.get, "/health/ready")
            #expect(ready.status == 503)
            #expect(ready.headers[.contentType] == "application/problem+json")
            #expect(ready.headers[.retryAfter] != nil)
            #expect(ready.body["errors"]?[0]?["path"] == "PostgreSQL")
            #expect(try await client.call(.get, "/health/live").status == 200)
            let key = "mw_abcdefgh_" + String(repeating: "A", count: 43)
            let request = try await client.call(.get, "/v1/me", key: key)
            #expect(request.status == 503)
            #expect(request.body["code"] == "unavailable")
            try await cluster.start()
            while try await client.call(.get, "/health/ready").status != 200 { await Task.yield() }
        }
        try await fixture.remove()
        try await cluster.stop()
    }

    @Test("the metrics are text that Prometheus reads: types, escaped labels, buckets in order that only grow")
    func metrics() async throws {
        try await WebFixture.with { fixture, client in
            let registry = fixture.metrics
            registry.makeCounter(label: "jobs.done", dimensions: [("kind", "a\"b\\c\nd")]).increment(by: 3)
            registry.makeRecorder(label: "7 odd-name", dimensions: [], aggregate: false).record(0.5)
            for kind in ["x", "y"] {
                let timer = registry.makeTimer(label: "request", dimensions: [("route", kind)])
                for nanoseconds: Int64 in [1_000_000, 20_000_000, 40_000_000_000] {
                    timer.recordNanoseconds(nanoseconds)
                }
            }
            let text = try await client.execute(uri: "/metrics", method: .get) { response in
                #expect(response.status == .ok)
                #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
                return String(buffer: response.body)
            }
            #expect(text.hasSuffix("\n"))
            #expect(text.contains(#"jobs_done_total{kind="a\"b\\c\nd"} 3"#))
            try Self.check(text)
        }
    }

    /// The rules of the text format that a scraper relies on.
    private static func check(_ text: String) throws {
        let sample =
            /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?[0-9.e+\-]+|NaN|[+-]?Inf)/
        var types: [String: String] = [:]
        var last: (series: String, bound: Double, count: Double)?
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ").map(String.init)
                #expect(types.updateValue(words[3], forKey: words[2]) == nil, "a family comes twice: \(line)")
                last = nil
                continue
            }
            let match = try #require(try sample.wholeMatch(in: line), "\(line)")
            let name = String(match.1)
            let isKnown =
                types[name] != nil
                || ["_bucket", "_sum", "_count"].contains { suffix in
                    name.hasSuffix(suffix) && types[String(name.dropLast(suffix.count))] == "histogram"
                }
            #expect(isKnown, "\(line) has no type")
            guard name.hasSuffix("_bucket"), let labels = match.2 else {
                last = nil
                continue
            }
            let parts = try #require(try /(.*)le="([^"]*)"\}/.wholeMatch(in: labels)).output
            let (series, bound) = (String(parts.1), parts.2)
            let limit = bound == "+Inf" ? Double.infinity : try #require(Double(bound))
            let count = try #require(Double(match.3))
            if let last, last.series == series { #expect(limit > last.bound && count >= last.count, "\(line)") }
            last = (series, limit, count)
        }
        #expect(types["request_seconds"] == "histogram")
        #expect(text.contains("request_seconds_count{route=\"x\"} 3"))
    }
}
