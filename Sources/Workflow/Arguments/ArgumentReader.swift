import JSON
import Primitives

/// What is wrong with an argument of a function.
package struct ArgumentMistake: Sendable, Hashable {
    /// JSON pointer in the arguments: `/outcomes/0/name`.
    package var path: String
    package var message: String
}

/// Reads the arguments of a function of the default catalog, and collects what is wrong with them. A value that an
/// expression computes is passed over when only literals are asked for.
struct ArgumentReader {
    let arguments: JSONValue
    let onlyLiterals: Bool
    /// The longest duration that is taken.
    let maximumSeconds: Double
    /// What is wrong with the name of a role.
    let objectionToRole: (String) -> String?
    private(set) var mistakes: [ArgumentMistake] = []

    init(
        _ arguments: JSONValue, onlyLiterals: Bool = false, maximumSeconds: Double,
        objectionToRole: @escaping (String) -> String? = { _ in nil }
    ) {
        self.arguments = arguments
        self.onlyLiterals = onlyLiterals
        self.maximumSeconds = maximumSeconds
        self.objectionToRole = objectionToRole
        if arguments.objectValue == nil { add("", "must be an object") }
    }

    mutating func add(_ path: String, _ message: String) { mistakes.append(.init(path: path, message: message)) }

    func has(_ key: String) -> Bool { arguments[key].map { !$0.isNull } ?? false }

    mutating func demand(_ key: String) {
        if !has(key) { add("/" + key, "is missing") }
    }

    /// (`.none`, because `nil` would be the JSON value null.)
    func value(_ key: String) -> JSONValue? { present(arguments[key]) }

    func present(_ value: JSONValue?) -> JSONValue? {
        guard let value, !value.isNull, !isComputed(value) else { return .none }
        return value
    }

    func isComputed(_ value: JSONValue?) -> Bool {
        onlyLiterals && value?.stringValue?.contains("${") == true
    }

    // MARK: Single values

    mutating func text(_ key: String, limit: Int) -> String? { text(value(key), at: "/" + key, limit: limit) }

    mutating func text(_ value: JSONValue?, at path: String, limit: Int) -> String? {
        guard let value = present(value) else { return nil }
        guard let text = value.stringValue, !text.isEmpty, text.unicodeScalars.count <= limit,
            !text.unicodeScalars.contains("\0")
        else {
            add(path, "must be a text of 1 to \(limit) characters")
            return nil
        }
        return text
    }

    mutating func word<Word: RawRepresentable<String> & CaseIterable>(_ key: String) -> Word? {
        word(value(key), at: "/" + key)
    }

    private mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ value: JSONValue?, at path: String
    ) -> Word? {
        guard let value else { return nil }
        guard let word = value.stringValue.flatMap(Word.init(rawValue:)) else {
            add(path, "must be one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return word
    }

    mutating func words<Word: RawRepresentable<String> & CaseIterable & Hashable>(_ key: String) -> [Word] {
        guard let value = value(key) else { return [] }
        guard let elements = value.arrayValue, elements.count <= Word.allCases.count else {
            add("/" + key, "must be a list out of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
            return []
        }
        var words: [Word] = []
        for (index, element) in elements.enumerated() {
            guard let element = present(element), let word: Word = word(element, at: "/\(key)/\(index)") else {
                continue
            }
            if !words.contains(word) { words.append(word) }
        }
        return words
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        integer(value(key), at: "/" + key, in: range)
    }

    mutating func integer(_ value: JSONValue?, at path: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = present(value) else { return nil }
        guard let number = value.intValue, range.contains(number) else {
            add(path, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    mutating func flag(_ key: String) -> Bool { flag(value(key), at: "/" + key) ?? false }

    mutating func flag(_ value: JSONValue?, at path: String) -> Bool? {
        guard let value = present(value) else { return nil }
        guard let flag = value.boolValue else {
            add(path, "must be true or false")
            return nil
        }
        return flag
    }

    mutating func schema(_ key: String) -> JSONValue? { schema(value(key), at: "/" + key) }

    /// A schema that holds expressions is known only when the task opens.
    mutating func schema(_ value: JSONValue?, at path: String) -> JSONValue? {
        guard let value = present(value) else { return nil }
        if onlyLiterals, value.serialized().contains("${") { return value }
        do {
            _ = try JSONSchema(value, formatAssertion: true)
        } catch {
            for problem in error.problems { add("\(path)\(problem.path)", "is not a JSON Schema: \(problem.message)") }
        }
        return value
    }

    // MARK: Time

    mutating func seconds(_ key: String) -> Double? { seconds(value(key), at: "/" + key) }

    mutating func seconds(_ value: JSONValue?, at path: String) -> Double? {
        guard let value = present(value) else { return nil }
        guard let seconds = value.doubleValue, (0...maximumSeconds).contains(seconds) else {
            add(path, "must be a number of seconds from 0 to \(Int(maximumSeconds))")
            return nil
        }
        return seconds
    }

    mutating func duration(_ value: JSONValue?, at path: String) -> Double? {
        guard let value = present(value) else { return nil }
        guard let seconds = value.stringValue.flatMap(ISODuration.seconds), seconds <= maximumSeconds else {
            add(path, "must be an ISO 8601 duration of at most \(Int(maximumSeconds / 86_400)) days, like PT4H")
            return nil
        }
        return seconds
    }

    /// ISO 8601, or a number of seconds.
    mutating func durationOrSeconds(_ key: String) -> Double? {
        guard let value = value(key) else { return nil }
        if value.stringValue != nil { return duration(value, at: "/" + key) }
        guard let seconds = value.doubleValue, (0...maximumSeconds).contains(seconds) else {
            add("/" + key, "must be an ISO 8601 duration such as PT4H, or a number of seconds")
            return nil
        }
        return seconds
    }

    // MARK: Lists and objects

    mutating func texts(_ key: String, atMost count: Int, limit: Int) -> [String] {
        texts(value(key), at: "/" + key, atMost: count, limit: limit)
    }

    mutating func texts(_ value: JSONValue?, at path: String, atMost count: Int, limit: Int) -> [String] {
        guard let value = present(value) else { return [] }
        guard let elements = value.arrayValue, elements.count <= count else {
            add(path, "must be a list of at most \(count) texts")
            return []
        }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            if element.isNull { add("\(path)/\(index)", "must be a text of 1 to \(limit) characters") }
            guard let text = text(element, at: "\(path)/\(index)", limit: limit), !texts.contains(text) else {
                continue
            }
            texts.append(text)
        }
        return texts
    }

    /// The object at the path, of which only these members are known.
    mutating func object(_ value: JSONValue?, at path: String, members: [String]) -> JSONObject? {
        guard let value = present(value) else { return nil }
        guard let object = value.objectValue else {
            add(path, "must be an object with \(members.joined(separator: ", "))")
            return nil
        }
        for (name, _) in object where !members.contains(name) {
            add("\(path)/\(name)", "is not known here; it takes \(members.joined(separator: ", "))")
        }
        return object
    }
}
