import Foundation
import Primitives
import Testing
import Workflow

@Suite("Time zones and the clocks' changes")
struct TimeZoneTests {
    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/" + name)))
    }

    static func zone(_ name: String) throws -> TimeZoneRules { try TimeZoneRules(file: bytes(name)) }

    /// The expression's moments from a start on, as texts in UTC.
    private func moments(_ expression: String, _ zone: String, after start: String, _ count: Int) throws -> [String] {
        let schedule = Schedule(cron: try CronExpression(expression))
        let start = try #require(Timestamp(start))
        return schedule.nextMoments(after: start, count: count, in: try Self.zone(zone)).map(\.description)
    }

    @Test("a time that the clocks leave out comes once, at the first moment after the gap")
    func gap() throws {
        // Berlin: 29 March 2026, 02:00 → 03:00, which is 01:00 UTC.
        #expect(
            try moments("30 2 * * *", "Europe/Berlin", after: "2026-03-28T12:00:00Z", 2)
                == ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"])
        #expect(
            try moments("0,30 2 * * *", "Europe/Berlin", after: "2026-03-28T12:00:00Z", 3)
                == ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z", "2026-03-30T00:30:00Z"])
        // New York: 8 March 2026, 02:00 → 03:00, which is 07:00 UTC.
        #expect(
            try moments("15 2 * * *", "America/New_York", after: "2026-03-08T00:00:00Z", 1) == ["2026-03-08T07:00:00Z"])
        // Lord Howe goes on by half an hour: 4 October 2026, 02:00 → 02:30, which is 15:30 UTC of the day before.
        #expect(
            try moments("15 2 * * *", "Australia/Lord_Howe", after: "2026-10-03T00:00:00Z", 2)
                == ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"])
        // Samoa left out 30 December 2011 as a whole.
        #expect(
            try moments("0 0 30 12 *", "Pacific/Apia", after: "2011-12-28T00:00:00Z", 1) == ["2011-12-30T10:00:00Z"])
    }

    @Test("a time that the clocks show twice comes the first time only")
    func overlap() throws {
        // Berlin: 25 October 2026, 03:00 → 02:00. The first 02:30 is 00:30 UTC.
        #expect(
            try moments("30 2 * * *", "Europe/Berlin", after: "2026-10-24T12:00:00Z", 2)
                == ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"])
        // Asked in the middle of the second pass.
        #expect(
            try moments("45 2 * * *", "Europe/Berlin", after: "2026-10-25T01:15:00Z", 1) == ["2026-10-26T01:45:00Z"])
        #expect(
            try moments("45 1 * * *", "Australia/Lord_Howe", after: "2026-04-04T00:00:00Z", 2)
                == ["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"])
        #expect(
            try moments("30 1 * * *", "America/New_York", after: "2026-11-01T00:00:00Z", 2)
                == ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"])
    }

    @Test("with * in minute or hour elapsed time counts: both passes, and nothing that does not exist")
    func elapsed() throws {
        #expect(
            try moments("*/30 * * * *", "Europe/Berlin", after: "2026-10-24T23:45:00Z", 5)
                == [
                    "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z",
                    "2026-10-25T02:00:00Z",
                ])
        #expect(
            try moments("0 * * * *", "Europe/Berlin", after: "2026-03-29T00:00:00Z", 2)
                == ["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"])
        #expect(
            try moments("*/20 2 * * *", "Europe/Berlin", after: "2026-03-28T02:00:00Z", 1) == ["2026-03-30T00:00:00Z"])
    }

    @Test("zones without summer time, and the far future by the rule at the end of the file")
    func others() throws {
        #expect(try moments("0 9 * * *", "Asia/Kolkata", after: "2026-01-01T00:00:00Z", 1) == ["2026-01-01T03:30:00Z"])
        #expect(try moments("0 9 * * *", "UTC", after: "2026-01-01T00:00:00Z", 1) == ["2026-01-01T09:00:00Z"])
        #expect(
            try moments("0 12 1 1,7 *", "Europe/Berlin", after: "2190-06-01T00:00:00Z", 2)
                == ["2190-07-01T10:00:00Z", "2191-01-01T11:00:00Z"])
    }

    @Test("offsets are those of the C library for zones of all kinds, from 1900 to 2200")
    func offsets() throws {
        let names = [
            "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/Sao_Paulo", "America/St_Johns",
            "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Tehran", "Africa/Casablanca", "Pacific/Chatham",
            "Pacific/Apia", "America/Nuuk", "Antarctica/Troll", "UTC", "Etc/GMT+12",
        ]
        let moments = Array(stride(from: -2_208_988_800, to: 7_258_118_400, by: 86_400 * 13 + 1_801))
        for name in names {
            let zone = try Self.zone(name)
            let expected = try Self.offsets(of: moments, name)
            try #require(expected.count == moments.count, "\(name)")
            for (moment, expected) in zip(moments, expected)
            where zone.offsetSeconds(at: Timestamp(unixSeconds: Double(moment))) != expected {
                Issue.record("\(name) at \(moment): \(expected) expected")
                break
            }
        }
    }

    /// What `date` says of the same files: Foundation has time zones of its own, which may be older or newer.
    private static func offsets(of moments: [Int], _ zone: String) throws -> [Int] {
        let list = NSTemporaryDirectory() + "moments-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: list) }
        try moments.map { "@\($0)" }.joined(separator: "\n").write(toFile: list, atomically: true, encoding: .utf8)
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/date")
        process.arguments = ["--file=\(list)", "+%::z"]
        process.environment = ["TZ": zone]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map { line in
            let parts = line.dropFirst().split(separator: ":").compactMap { Int($0) }
            let seconds = parts.reduce(0) { $0 * 60 + $1 }
            return line.hasPrefix("-") ? -seconds : seconds
        }
    }

    @Test("a file that is cut off, changed or made up is refused or read, and nothing else happens")
    func hostile() throws {
        let file = try Self.bytes("Europe/Berlin")
        for end in stride(from: 0, to: file.count - 1, by: 1) {
            #expect(throws: TimeZoneProblem.self) { try TimeZoneRules(file: Array(file[..<end])) }
        }
        var generator = SeededGenerator(state: 42)
        let cron = try CronExpression("30 2 * * *")
        for _ in 0..<3_000 {
            var changed = file
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                changed[Int.random(in: 0..<changed.count, using: &generator)] = .random(
                    in: .min ... .max, using: &generator)
            }
            guard let zone = try? TimeZoneRules(file: changed) else { continue }
            _ = cron.next(after: Timestamp(unixSeconds: 1_800_000_000), in: zone)
        }
        #expect(throws: TimeZoneProblem.self) {
            try TimeZoneRules(file: Array(repeating: 0, count: TimeZoneRules.maximumFileBytes + 1))
        }
    }

    @Test(
        "names of zones are safe paths",
        arguments: [
            ("Europe/Berlin", true), ("UTC", true), ("Etc/GMT+3", true), ("America/Argentina/Ushuaia", true),
            ("", false),
            ("../etc/passwd", false), ("/etc/passwd", false), ("Europe//Berlin", false), ("Europe/", false),
            ("Europe/.Berlin", false), ("Europe/Ber lin", false), ("Europe/Berlin\u{0}", false), ("+01:00", false),
        ])
    func names(_ name: String, _ isName: Bool) {
        #expect(SchedulePolicy.isZoneName(name) == isName)
    }
}

/// xorshift64*: the same numbers in every run.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
