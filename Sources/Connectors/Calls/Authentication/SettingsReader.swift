import JSON
import Primitives

/// Reads the settings of `oauth2` and `oidc`. Its errors name members and never repeat a value.
struct SettingsReader {
    let value: JSONValue
    let scheme: String

    init(_ value: JSONValue, _ scheme: String) {
        self.value = value
        self.scheme = scheme
    }

    func missing(_ name: String) -> CallFailure {
        CallFailure(.configuration, "`\(scheme)` authentication needs `\(name)`")
    }

    private func wrong(_ path: [String], _ what: String) -> CallFailure {
        CallFailure(.configuration, "`\(path.joined(separator: "."))` of `\(scheme)` must be \(what)")
    }

    /// `nil` when it is absent or null.
    func text(_ path: String...) throws(CallFailure) -> String? { try text(path) }

    private func text(_ path: [String]) throws(CallFailure) -> String? {
        var found = value
        for name in path {
            guard let member = found[name], !member.isNull else { return nil }
            found = member
        }
        guard let text = found.stringValue, !text.isEmpty else { throw wrong(path, "a text") }
        return text
    }

    func required(_ name: String) throws(CallFailure) -> String {
        guard let text = try text([name]) else { throw missing(name) }
        return text
    }

    func word<Word: RawRepresentable<String>>(_ path: String...) throws(CallFailure) -> Word? {
        guard let text = try text(path) else { return nil }
        guard let word = Word(rawValue: text) else { throw wrong(path, "a value that the specification has") }
        return word
    }

    func texts(_ name: String) throws(CallFailure) -> [String] {
        guard let given = value[name], !given.isNull else { return [] }
        let texts = given.arrayValue?.compactMap(\.stringValue) ?? []
        guard !texts.isEmpty || given.arrayValue?.isEmpty == true, texts.count == given.arrayValue?.count else {
            throw wrong([name], "a list of texts")
        }
        return texts
    }

    func address(_ name: String) throws(CallFailure) -> WebAddress {
        do {
            return try WebAddress(try required(name))
        } catch let error as CallFailure {
            throw error
        } catch {
            throw wrong([name], "an address: \(error)")
        }
    }

    func token(_ name: String) throws(CallFailure) -> TokenSettings.SecurityToken? {
        guard let token = try text([name, "token"]) else { return nil }
        guard let type = try text([name, "type"]) else { throw missing("\(name).type") }
        return TokenSettings.SecurityToken(token: Redacted(token), type: type)
    }
}
