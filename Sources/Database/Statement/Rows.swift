import CPostgres
import Glibc

/// The answer to one statement.
package struct Rows: RandomAccessCollection, Sendable {
    let result: QueryResult

    package var startIndex: Int { 0 }
    package var endIndex: Int { result.rowCount }
    package subscript(position: Int) -> Row {
        precondition(position >= 0 && position < result.rowCount, "there is no such row")
        return Row(result: result, index: position)
    }

    /// How many rows an INSERT, UPDATE, DELETE, MERGE or SELECT touched; 0 for any other statement.
    package var affectedRows: Int { result.affectedRows }

    /// The single column of each row: `try rows.column("plant_id", as: PlantID.self)`.
    package func column<Value: PostgresDecodable>(_ name: String, as type: Value.Type = Value.self) throws -> [Value] {
        guard !isEmpty else { return [] }
        let column = try result.column(named: name)
        return try map { try $0.decode(column, as: type) }
    }
}

/// One row of an answer. Reading a value checks its type; nothing is converted silently.
package struct Row: Sendable {
    let result: QueryResult
    let index: Int

    /// `T?` reads NULL as `nil`; any other type refuses it.
    package func decode<Value: PostgresDecodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        try decode(try result.column(named: column), as: type)
    }

    /// By position, from 0.
    package func decode<Value: PostgresDecodable>(_ column: Int, as type: Value.Type = Value.self) throws -> Value {
        guard column >= 0, column < result.columnCount else {
            throw DatabaseError(.decoding, "the answer has no column \(column)")
        }
        do {
            return try Value.decode(result.cell(row: index, column: column))
        } catch {
            throw DatabaseError(.decoding, "column \(result.name(of: column)) \(error.reason)")
        }
    }

    /// An enumeration of words that has no conformance of its own.
    @_disfavoredOverload
    package func decode<Word: RawRepresentable<String>>(_ column: String, as type: Word.Type = Word.self) throws
        -> Word
    {
        guard let word = Word(rawValue: try decode(column, as: String.self)) else {
            throw DatabaseError(.decoding, "column \(column) holds a word that \(Word.self) does not know")
        }
        return word
    }

    @_disfavoredOverload
    package func decode<Word: RawRepresentable<String>>(_ column: String, as type: Word?.Type = Word?.self) throws
        -> Word?
    {
        try isNull(column) ? nil : try decode(column, as: Word.self)
    }

    package func isNull(_ column: String) throws -> Bool {
        result.cell(row: index, column: try result.column(named: column)).bytes == nil
    }
}

/// Owns a `PGresult` of libpq.
///
/// Safe to share between threads: libpq never changes a finished result, it no longer refers to its connection, and all
/// accessors used here only read.
final class QueryResult: @unchecked Sendable {
    private let pointer: OpaquePointer
    let rowCount: Int
    let columnCount: Int

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        rowCount = Int(PQntuples(pointer))
        columnCount = Int(PQnfields(pointer))
    }

    deinit { PQclear(pointer) }

    var affectedRows: Int {
        guard let text = PQcmdTuples(pointer) else { return 0 }
        return Int(String(cString: text)) ?? 0
    }

    /// The command tag, for instance `COMMIT` or `INSERT 0 3`.
    var commandTag: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }

    func name(of column: Int) -> String {
        PQfname(pointer, Int32(column)).map { String(cString: $0) } ?? "\(column)"
    }

    func column(named name: String) throws -> Int {
        for column in 0..<columnCount {
            guard let candidate = PQfname(pointer, Int32(column)) else { continue }
            if name.withCString({ strcmp($0, candidate) == 0 }) { return column }
        }
        throw DatabaseError(.decoding, "the answer has no column \(name)")
    }

    func cell(row: Int, column: Int) -> PostgresCell {
        let oid = PQftype(pointer, Int32(column))
        guard PQgetisnull(pointer, Int32(row), Int32(column)) == 0,
            let start = PQgetvalue(pointer, Int32(row), Int32(column))
        else { return PostgresCell(bytes: nil, oid: oid) }
        let length = Int(PQgetlength(pointer, Int32(row), Int32(column)))
        return PostgresCell(bytes: UnsafeRawBufferPointer(start: start, count: length), oid: oid)
    }
}
