import JSON
import Testing

/// The program as a user runs it, from an empty data directory to balanced books.
@Suite("The main job, end to end", .serialized)
struct DemoBooksTests {
    @Test("the bundled sample ends with balanced books", .timeLimit(.minutes(10)))
    func sample() async throws {
        let books = try await Program.withDataDirectory { try await Program.books([], data: $0) }
        #expect(books["events"]?["accepted"]?.intValue == 258)
        #expect(books["runs"]?["completed"]?.intValue == 258)
    }

    @Test(
        "every real work order becomes a run, every ticket is there once, and a second replay adds nothing",
        .timeLimit(.minutes(15)))
    func realWorkOrders() async throws {
        guard let file = Program.realWorkOrders() else { return }
        try await Program.withDataDirectory { data in
            let books = try await Program.books(["--events", file], data: data)
            #expect(books["events"]?["accepted"]?.intValue == 5485)
            #expect(books["events"]?["refused"]?.intValue == 0)
            #expect(books["runs"]?["faulted"]?.intValue == 0)
            let again = try await Program.books(["--events", file], data: data)
            #expect(again["events"]?["accepted"]?.intValue == 5485)
            #expect(again["events"]?["duplicate"]?.intValue == 5485)
            #expect(again["runs"] == books["runs"])
            #expect(again["tickets"] == books["tickets"])
        }
    }

    @Test("20 kills and two restarts of PostgreSQL lose and double nothing", .timeLimit(.minutes(20)))
    func faults() async throws {
        guard let file = Program.realWorkOrders() else { return }
        let books = try await Program.withDataDirectory { data in
            try await Program.books(
                ["--events", file, "--kills", "20", "--database-restarts", "2", "--seed", "20"], data: data)
        }
        #expect(books["events"]?["accepted"]?.intValue == 5485)
        #expect(books["tickets"]?["doubled"]?.intValue == 0)
    }
}
