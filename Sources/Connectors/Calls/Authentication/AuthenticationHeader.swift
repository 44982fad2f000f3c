/// Reads `WWW-Authenticate` (RFC 9110, 11.6.1): one header may hold several challenges, parted by the same commas as
/// their parameters.
struct AuthenticationHeader {
    struct Challenge {
        /// Lower case.
        var scheme: String
        /// Names in lower case; a name that comes twice keeps its first value.
        var parameters: [String: String]
    }

    static func challenges(in header: String) -> [Challenge] {
        var reader = AuthenticationHeader(rest: Array(header.utf8)[...])
        return reader.read()
    }

    private var rest: ArraySlice<UInt8>

    private mutating func read() -> [Challenge] {
        var challenges: [Challenge] = []
        while true {
            skip { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
            guard let word = token() else { return challenges }
            let mark = rest
            skip { $0 == 0x20 || $0 == 0x09 }
            if rest.first == UInt8(ascii: "="), !challenges.isEmpty {
                rest.removeFirst()
                skip { $0 == 0x20 || $0 == 0x09 }
                guard let value = rest.first == UInt8(ascii: "\"") ? quotedText() : token() else { return challenges }
                let name = word.lowercased()
                let last = challenges.count - 1
                if challenges[last].parameters[name] == nil { challenges[last].parameters[name] = value }
            } else {
                rest = mark
                challenges.append(Challenge(scheme: word.lowercased(), parameters: [:]))
                // Base64 of other schemes (`Negotiate abc==`) is no parameter.
                skipCredentials()
            }
        }
    }

    private mutating func skipCredentials() {
        let mark = rest
        skip { $0 == 0x20 }
        guard token() != nil else { return rest = mark }
        let padding = rest.prefix { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "/") }
        let behind = rest.dropFirst(padding.count).first
        let isEnd = behind == nil || behind == UInt8(ascii: ",")
        if isEnd { rest = rest.dropFirst(padding.count) } else { rest = mark }
    }

    private mutating func skip(while isSkipped: (UInt8) -> Bool) { rest = rest.drop(while: isSkipped) }

    private mutating func token() -> String? {
        let word = rest.prefix { HeaderRules.isTokenByte($0) }
        guard !word.isEmpty else { return nil }
        rest = rest.dropFirst(word.count)
        return String(decoding: word, as: UTF8.self)
    }

    /// `nil` when it does not end.
    private mutating func quotedText() -> String? {
        var text: [UInt8] = []
        rest.removeFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): if let escaped = rest.popFirst() { text.append(escaped) }
            default: text.append(byte)
            }
        }
        return nil
    }
}
