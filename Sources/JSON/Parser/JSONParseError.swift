/// Why a text is not JSON, or not JSON within its limits, and where.
public struct JSONParseError: Error, Sendable, Hashable {
    /// What is wrong, for a program that must tell one from another.
    public enum Code: String, Sendable, Hashable {
        case unexpectedEnd, unexpectedCharacter, trailingContent
        case invalidNumber, invalidEscape, unpairedSurrogate, controlCharacter, invalidUTF8
        case duplicateKey
        case tooManyBytes, tooDeep, tooManyKeys, tooManyElements, numberTooLong
    }

    /// What is wrong.
    public var code: Code
    /// The byte at which reading stopped, from zero.
    public var offset: Int
    /// From one.
    public var line: Int
    /// In characters (Unicode scalars) of the line, from one.
    public var column: Int

    init(_ code: Code, at offset: Int, in text: UnsafeBufferPointer<UInt8>) {
        self.code = code
        self.offset = offset
        line = 1
        column = 1
        for byte in text.prefix(offset) {
            if byte == Ascii.newline {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
    }

    /// What is wrong, as a sentence without its place.
    public var reason: String {
        switch code {
        case .unexpectedEnd: "The text ends in the middle of a value."
        case .unexpectedCharacter: "This character cannot stand here."
        case .trailingContent: "There is something after the end of the value."
        case .invalidNumber: "This is not a JSON number."
        case .invalidEscape: "This is not an escape that JSON knows."
        case .unpairedSurrogate: "A \\u escape names half of a surrogate pair without the other half."
        case .controlCharacter: "A control character in a string must be written as an escape."
        case .invalidUTF8: "These bytes are not UTF-8."
        case .duplicateKey: "An object has the same key twice."
        case .tooManyBytes: "The text is longer than is accepted here."
        case .tooDeep: "Arrays and objects are nested deeper than is accepted here."
        case .tooManyKeys: "There are more keys than are accepted here."
        case .tooManyElements: "The arrays have more elements than are accepted here."
        case .numberTooLong: "A number has more digits than are accepted here."
        }
    }
}

extension JSONParseError: CustomStringConvertible {
    public var description: String { "line \(line), column \(column): \(reason)" }
}
