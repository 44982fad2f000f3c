/// One SQL statement: static text, and values that are bound to it as `$1`, `$2`, ….
///
/// ```swift
/// "SELECT name FROM millwright.plant WHERE plant_id = \(plantID) AND state = ANY(\(states))"
/// ```
/// Only literals of the program become SQL text: an interpolated value is always a parameter, `\(raw:)` takes nothing
/// but a static string, and `\(fragment:)` inserts another statement with its parameters. The text is put together only
/// when a connection sees the statement for the first time; after that the addresses of the literals identify it.
package struct Statement: ExpressibleByStringInterpolation, Sendable {
    /// A run of static text, or the place of a parameter.
    struct Piece: Hashable, @unchecked Sendable {
        /// Safe to share: it points at a literal in the program's image, which is never changed or freed.
        let text: UnsafePointer<UInt8>?
        let count: Int

        static let parameter = Piece(text: nil, count: 0)
    }

    private(set) var pieces: [Piece]
    private(set) var parameters: ParameterBuffer
    /// A digest of `pieces`, kept while they are added so that a look-up hashes one word.
    private(set) var digest: UInt64

    package init(stringLiteral text: StaticString) {
        pieces = []
        parameters = ParameterBuffer(capacity: 0)
        digest = 0
        append(text)
    }

    package init(stringInterpolation interpolation: StringInterpolation) { self = interpolation.statement }

    private init(pieceCapacity: Int, parameterCapacity: Int) {
        pieces = []
        pieces.reserveCapacity(pieceCapacity)
        parameters = ParameterBuffer(capacity: parameterCapacity)
        digest = 0
    }

    /// The text with its numbered parameters, as the server sees it.
    package var sql: String {
        var text = ""
        text.reserveCapacity(pieces.reduce(0) { $0 + max($1.count, 4) })
        var number = 0
        for piece in pieces {
            if let start = piece.text {
                text += String(decoding: UnsafeBufferPointer(start: start, count: piece.count), as: UTF8.self)
            } else {
                number += 1
                text += "$\(number)"
            }
        }
        return text
    }

    /// The same text with no bound bytes, for keeping.
    var withoutValues: Statement {
        var copy = self
        copy.parameters.forgetValues()
        return copy
    }

    fileprivate mutating func append(_ text: StaticString) {
        // A literal of the compiler is always a pointer; only a hand-made StaticString of one scalar is not.
        precondition(text.hasPointerRepresentation, "SQL text is made of string literals")
        guard text.utf8CodeUnitCount > 0 else { return }
        add(Piece(text: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    fileprivate mutating func bind(_ value: some PostgresEncodable) {
        parameters.bind(value)
        add(.parameter)
    }

    fileprivate mutating func append(_ fragment: Statement) {
        parameters.bind(contentsOf: fragment.parameters)
        for piece in fragment.pieces { add(piece) }
    }

    private mutating func add(_ piece: Piece) {
        pieces.append(piece)
        let address = UInt64(UInt(bitPattern: piece.text))
        digest = (digest ^ address ^ UInt64(piece.count) << 48) &* 0x9E37_79B9_7F4A_7C15
        digest ^= digest >> 29
    }
}

extension Statement {
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var statement: Statement

        package init(literalCapacity: Int, interpolationCount: Int) {
            statement = Statement(pieceCapacity: interpolationCount * 2 + 1, parameterCapacity: interpolationCount)
        }

        package mutating func appendLiteral(_ literal: StaticString) { statement.append(literal) }

        package mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value) { statement.bind(value) }

        /// A value that may be absent; `nil` binds NULL. Declared of its own, because the compiler takes an optional in
        /// an interpolation for a mistake unless a parameter asks for one.
        package mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) { statement.bind(value) }

        /// An enumeration of words that has no conformance of its own.
        @_disfavoredOverload
        package mutating func appendInterpolation<Word: RawRepresentable<String>>(_ value: Word) {
            statement.bind(value.rawValue)
        }

        @_disfavoredOverload
        package mutating func appendInterpolation<Word: RawRepresentable<String>>(_ value: Word?) {
            statement.bind(value?.rawValue)
        }

        /// Static text, for instance a column list that several statements share.
        package mutating func appendInterpolation(raw text: StaticString) { statement.append(text) }

        /// Another statement's text and parameters, for instance a condition that is not always there.
        package mutating func appendInterpolation(fragment: Statement) { statement.append(fragment) }
    }
}
