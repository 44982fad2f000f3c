import Configuration
import Primitives

/// Why a text is not a setting's value.
struct SettingSyntax: Error {
    var message: String
}

/// Reads values and collects what is wrong with them, so that a user sees every mistake in one go.
struct SettingsReader {
    private let reader: ConfigReader
    private var items: [Problem.Item] = []

    init(_ reader: ConfigReader) { self.reader = reader }

    func optionalText(_ key: String) -> String? {
        reader.string(forKey: ConfigKey([key])).flatMap { $0.isEmpty ? nil : $0 }
    }

    func text(_ key: String, default fallback: String) -> String { optionalText(key) ?? fallback }

    mutating func integer(_ key: String, default fallback: Int, in range: ClosedRange<Int>) -> Int {
        // A file may give a number, the environment and the flags give text.
        let given = reader.string(forKey: ConfigKey([key])) ?? reader.int(forKey: ConfigKey([key])).map(String.init)
        guard let given else { return fallback }
        guard let value = Int(given), range.contains(value) else {
            refuse(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(given)'")
            return fallback
        }
        return value
    }

    /// A value that has a form of its own; what is wrong with it is said as `parse` says it.
    ///
    /// - Parameter isShown: whether a wrong value may be repeated; one that could hold a password may not.
    mutating func parsed<Value>(
        _ key: String, default fallback: Value, isShown: Bool = true, _ parse: (String) throws(SettingSyntax) -> Value
    ) -> Value {
        let given = optionalText(key) ?? reader.int(forKey: ConfigKey([key])).map(String.init)
        guard let given else { return fallback }
        do throws(SettingSyntax) {
            return try parse(given)
        } catch {
            refuse(key, isShown ? "cannot be '\(given)': \(error.message)" : "cannot be used: \(error.message)")
            return fallback
        }
    }

    mutating func flag(_ key: String, default fallback: Bool) -> Bool {
        if let value = reader.bool(forKey: ConfigKey([key])) { return value }
        guard let given = optionalText(key) else { return fallback }
        guard let value = Bool(given.lowercased()) else {
            refuse(key, "must be true or false, not '\(given)'")
            return fallback
        }
        return value
    }

    mutating func choice<Value: RawRepresentable>(_ key: String, default fallback: Value, of all: [Value]) -> Value
    where Value.RawValue == String {
        guard let given = optionalText(key) else { return fallback }
        guard let value = Value(rawValue: given.lowercased()) else {
            refuse(key, "must be one of \(all.map(\.rawValue).joined(separator: ", ")), not '\(given)'")
            return fallback
        }
        return value
    }

    /// - Throws: one problem that names every bad value.
    func finish() throws {
        guard items.isEmpty else { throw Problem(.invalidParameters, "The configuration is not valid.", items: items) }
    }

    private mutating func refuse(_ key: String, _ message: String) {
        let environment = "MILLWRIGHT_" + key.uppercased().replacing("-", with: "_")
        items.append(.init(path: "\(key) (--\(key), \(environment))", message: message))
    }
}
