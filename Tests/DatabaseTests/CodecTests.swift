import Database
import JSON
import Primitives
import Testing

@Suite("Values", .timeLimit(.minutes(10)))
struct CodecTests {
    enum Colour: String, CaseIterable { case red, green }
    enum Shape: String, PostgresEncodable, PostgresDecodable { case round, square }

    /// Sends values and reads them back through the server.
    private func echo<Value: PostgresEncodable & PostgresDecodable & Equatable & Sendable>(
        _ database: Database, _ values: [Value]
    ) async throws {
        for value in values {
            let rows = try await database.pipeline(.platform, ["SELECT \(value) AS value"])
            #expect(try rows[0][0].decode("value", as: Value.self) == value)
            let absent: Value? = nil
            let empty = try await database.pipeline(.platform, ["SELECT \(absent) AS value"])
            #expect(try empty[0][0].decode("value", as: Value?.self) == nil)
            #expect(throws: DatabaseError.self) { try empty[0][0].decode("value", as: Value.self) }
        }
    }

    /// The same as an array, whole and with NULLs in it, and unnested by the server.
    private func echoArray<Value: PostgresEncodable & PostgresDecodable & Equatable & Sendable>(
        _ database: Database, _ values: [Value]
    ) async throws {
        let sparse: [Value?] = values.flatMap { [$0, nil] }
        let none: [Value] = []
        let rows = try await database.pipeline(
            .platform,
            [
                "SELECT \(values) AS a, \(sparse) AS b, \(none) AS c",
                "SELECT item FROM unnest(\(sparse)) WITH ORDINALITY AS list (item, at) ORDER BY at",
            ])
        #expect(try rows[0][0].decode("a", as: [Value].self) == values)
        #expect(try rows[0][0].decode("b", as: [Value?].self) == sparse)
        #expect(try rows[0][0].decode("c", as: [Value].self) == [])
        #expect(try rows[1].column("item", as: Value?.self) == sparse)
        #expect(throws: DatabaseError.self) { try rows[0][0].decode("b", as: [Value].self) }
    }

    @Test("every type comes back as it was sent, alone, as NULL and in arrays")
    func echoes() async throws {
        try await withLots { database in
            func both<Value: PostgresEncodable & PostgresDecodable & Equatable & Sendable>(
                _ values: [Value]
            ) async throws {
                try await echo(database, values)
                try await echoArray(database, values)
            }
            try await both([true, false])
            try await both([Int.min, -1, 0, 1, Int.max])
            try await both([Int64.min, 0, Int64.max])
            try await both([Int32.min, 0, Int32.max])
            try await both([-0.5, 0, 1e300, .infinity])
            try await both(["", "it's", "\"quoted\", {braces} and \\ backslash", "NULL", "grüß Gott, 機械 🏭"])
            try await both(["a\nb\t", " ", String(repeating: "long ", count: 20_000)])
            try await both([[], [0], [255, 0, 39, 92]] as [[UInt8]])
            try await both([UUIDv7(), UUIDv7(high: 0, low: 0), UUIDv7(high: .max, low: .max)])
            try await both([PlantID(), PlantID()])
            try await both([
                Timestamp(unixMicroseconds: 0), Timestamp("2026-01-31T08:00:00.123456Z")!,
                Timestamp("1900-02-28T00:00:00Z")!,
            ])
            try await both([CivilDate("2000-02-29")!, CivilDate("1969-12-31")!, CivilDate("2026-12-31")!])
            try await both([["a": 1, "b": [true, .null, "x'\"\\ü"]], 1.5, "text"] as [JSONValue])
            try await both([Shape.round, Shape.square])
        }
    }

    @Test("serialised JSON is bound as it stands, and words of an enumeration need no conformance")
    func textForms() async throws {
        try await withLots { database in
            let absent: Colour? = nil
            let rows = try await database.pipeline(
                .platform,
                [
                    """
                    SELECT \(JSONText(#"{"a": [1, 2]}"#)) -> 'a' ->> 1 AS second, \(Colour.green) AS colour,
                      \(absent) AS absent, \([JSONText("1"), JSONText("{}")]) AS list
                    """
                ])
            let row = rows[0][0]
            #expect(try row.decode("second", as: String.self) == "2")
            #expect(try row.decode("colour", as: Colour.self) == .green)
            #expect(try row.isNull("absent"))
            #expect(try row.decode("list", as: [JSONText].self) == [JSONText("1"), JSONText("{}")])
            let other = try await database.pipeline(.platform, ["SELECT 'blue'::text AS colour"])
            #expect(throws: DatabaseError.self) { try other[0][0].decode("colour", as: Colour.self) }
        }
    }

    @Test("numbers that the server widens are read when they are exact, and refused when they are not")
    func numbers() async throws {
        try await withLots { database in
            let rows = try await database.pipeline(
                .platform,
                [
                    """
                    SELECT 7::smallint AS small, 7::oid AS oid, sum(x)::numeric AS total, 1.5::numeric AS half,
                      1234567890123456789.0123456789::numeric AS long, -0.0001::numeric AS little, 0::numeric AS zero,
                      100000000::numeric AS round, 0.00000012::numeric(20, 10) AS tiny, 'NaN'::numeric AS nan,
                      1.5::real AS real
                    FROM (VALUES (4), (5)) AS v (x)
                    """
                ])
            let row = rows[0][0]
            #expect(try row.decode("small", as: Int.self) == 7)
            #expect(try row.decode("oid", as: Int.self) == 7)
            #expect(try row.decode("total", as: Int.self) == 9)
            #expect(throws: DatabaseError.self) { try row.decode("half", as: Int.self) }
            #expect(try row.decode("half", as: String.self) == "1.5")
            #expect(try row.decode("long", as: String.self) == "1234567890123456789.0123456789")
            #expect(try row.decode("little", as: String.self) == "-0.0001")
            #expect(try row.decode("zero", as: String.self) == "0")
            #expect(try row.decode("round", as: String.self) == "100000000")
            #expect(try row.decode("tiny", as: String.self) == "0.0000001200")
            #expect(throws: DatabaseError.self) { try row.decode("nan", as: String.self) }
            #expect(try row.decode("real", as: Double.self) == 1.5)
        }
    }

    @Test("a value is not read as something that it is not, and the message names the column but not the value")
    func mismatches() async throws {
        try await withLots { database in
            let rows = try await database.pipeline(
                .platform,
                [
                    """
                    SELECT 'secret'::text AS word, 1 AS number, now()::timestamp AS local,
                      'infinity'::timestamptz AS never
                    """
                ])
            let row = rows[0][0]
            let error = #expect(throws: DatabaseError.self) { try row.decode("word", as: Int.self) }
            #expect(error?.kind == .decoding)
            #expect(error?.message.contains("word") == true)
            #expect(error?.message.contains("secret") == false)
            #expect(throws: DatabaseError.self) { try row.decode("number", as: String.self) }
            #expect(throws: DatabaseError.self) { try row.decode("number", as: Bool.self) }
            #expect(throws: DatabaseError.self) { try row.decode("local", as: Timestamp.self) }
            #expect(throws: DatabaseError.self) { try row.decode("never", as: Timestamp.self) }
            #expect(throws: DatabaseError.self) { try row.decode("missing", as: Int.self) }
            #expect(throws: DatabaseError.self) { try row.decode(9, as: Int.self) }
            #expect(try row.decode(1, as: Int.self) == 1)
        }
    }

    @Test("a statement's text comes from literals only, and values are numbered across fragments")
    func statementText() {
        let condition: Statement = "name = \("x' OR true --")"
        let statement: Statement = "SELECT \(raw: "a, b") FROM t WHERE id = \(1) AND \(fragment: condition) LIMIT \(5)"
        #expect(statement.sql == "SELECT a, b FROM t WHERE id = $1 AND name = $2 LIMIT $3")
        let constant: Statement = "SELECT 1"
        #expect(constant.sql == "SELECT 1")
    }

    @Test("text that PostgreSQL cannot keep is refused by it, and the connection goes on")
    func hostileText() async throws {
        try await withLots { database in
            let error = await #expect(throws: DatabaseError.self) {
                try await database.pipeline(.platform, ["SELECT \("a\u{0}b")"])
            }
            #expect(error?.sqlState == "22021")
            let rows = try await database.pipeline(.platform, ["SELECT \("'; DROP TABLE x; --") AS text"])
            #expect(try rows[0][0].decode("text", as: String.self) == "'; DROP TABLE x; --")
        }
    }
}
