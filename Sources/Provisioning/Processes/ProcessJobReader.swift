import JSON
import Primitives

/// Reads the settings of a `run` task and collects what is wrong with them.
struct ProcessJobReader {
    private(set) var complaints: [String] = []

    /// What the shell that sets the variables keeps for itself.
    private static let reserved: Set<String> = [
        "BASHOPTS", "EUID", "GROUPS", "IFS", "LINENO", "OPTIND", "PPID", "SHELLOPTS", "UID",
    ]

    mutating func language(_ value: JSONValue?) -> ProcessLanguage {
        guard let name = value?.stringValue else { return complain("language is missing; give js or python", .python) }
        return ProcessLanguage(script: name)
            ?? complain("\(Self.short(name)) is no language for scripts; give js or python", .python)
    }

    mutating func code(_ value: JSONValue?, _ field: String) -> String {
        guard let text = value?.stringValue else { return complain("\(field) must be text", "") }
        if text.utf8.count > ProcessJob.maximumCodeBytes {
            return complain("\(field) is longer than \(ProcessJob.maximumCodeBytes >> 10) KiB", "")
        }
        return text
    }

    /// Text as it is; any other value as JSON, so that a task's data can be given as a whole.
    mutating func input(_ value: JSONValue?) -> String {
        guard let value, !value.isNull else { return "" }
        let text = value.stringValue ?? value.serialized()
        if text.utf8.count > ProcessJob.maximumInputBytes {
            return complain("stdin is longer than \(ProcessJob.maximumInputBytes >> 10) KiB", "")
        }
        return text
    }

    /// A list becomes words. An object becomes a script's variables, or a command's words: each name, followed by its
    /// value when it has one.
    mutating func arguments(_ value: JSONValue?, areVariables: Bool) -> (words: [String], globals: JSONObject) {
        switch value {
        case nil, .null: return ([], [:])
        case .array(let list): return (list.compactMap { word($0, "arguments") }, [:])
        case .object(let members) where areVariables:
            for (name, _) in members where !Self.isName(name) {
                complain("\(Self.short(name)) in arguments cannot be the name of a variable")
            }
            return ([], members)
        case .object(let members):
            var words: [String] = []
            for (name, value) in members {
                words += [word(.string(name), "arguments"), value.isNull ? nil : word(value, "arguments")]
                    .compactMap { $0 }
            }
            return (words, [:])
        default: return complain("arguments must be a list", ([], [:]))
        }
    }

    mutating func environment(_ value: JSONValue?) -> [(name: String, value: String)] {
        guard let value, !value.isNull else { return [] }
        guard let members = value.objectValue else { return complain("environment must be an object", []) }
        var variables: [(name: String, value: String)] = []
        for (name, value) in members {
            guard Self.isName(name), !Self.reserved.contains(name) else {
                complain("\(Self.short(name)) cannot be a variable of the environment")
                continue
            }
            if let text = word(value, "environment") { variables.append((name, text)) }
        }
        return variables
    }

    mutating func checkSize(_ words: [String], _ globals: JSONObject, _ variables: [(name: String, value: String)]) {
        let bytes =
            words.reduce(0) { $0 + $1.utf8.count } + JSONValue.object(globals).serializedBytes().count
            + variables.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        if bytes > ProcessJob.maximumSettingsBytes
            || words.count + globals.count + variables.count > ProcessJob.maximumSettings
        {
            complain(
                "arguments and environment are more than \(ProcessJob.maximumSettings) or longer than "
                    + "\(ProcessJob.maximumSettingsBytes >> 10) KiB; give large data as stdin")
        }
    }

    /// No system takes a zero byte in a word.
    private mutating func word(_ value: JSONValue, _ field: String) -> String? {
        let text = value.stringValue ?? (value.isNull ? "" : value.serialized())
        if text.utf8.contains(0) {
            complain("\(field) must not hold a zero character")
            return nil
        }
        return text
    }

    private mutating func complain(_ message: String) { complaints.append(message) }

    private mutating func complain<Value>(_ message: String, _ substitute: Value) -> Value {
        complaints.append(message)
        return substitute
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        let letters = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return letters && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    }

    /// A name from a document, as it can stand in a message.
    private static func short(_ text: String) -> String { "“\(text.prefix(60))”" }
}
