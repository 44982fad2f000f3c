import Glibc

enum EnvironmentText {
    /// The value of an environment variable; `nil` when it is not set or empty.
    static func value(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// Replaces each `${NAME}` by the value of that variable.
    /// - Returns: the text, and the names that are not set.
    static func expanding(_ text: String) -> (text: String, missing: [String]) {
        var result = ""
        var missing: [String] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            let name = String(rest[start.upperBound..<end])
            result += rest[..<start.lowerBound]
            if let value = value(name) { result += value } else { missing.append(name) }
            rest = rest[rest.index(after: end)...]
        }
        return (result + rest, missing)
    }
}
