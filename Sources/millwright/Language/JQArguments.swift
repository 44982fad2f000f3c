import JSON
import Primitives

/// The command line of `millwright jq`, read as jq reads it: short flags may stand together (`-nr`), flags may stand
/// anywhere, `--arg` and `--argjson` take two values, and `--` ends the flags.
struct JQArguments: Sendable {
    var isCompact = false
    var isNullInput = false
    var isRaw = false
    var isSlurping = false
    var isExitStatus = false
    var isHelpWanted = false
    /// In the order in which they were given; the last one of a name counts.
    var variables = JSONObject()
    var program: String?
    var files: [String] = []

    /// - Throws: `invalidParameters`, named.
    init(_ arguments: [String]) throws(Problem) {
        var rest = arguments[...]
        var takesFlags = true
        while let argument = rest.popFirst() {
            if takesFlags, argument == "--" {
                takesFlags = false
            } else if takesFlags, argument.hasPrefix("--") {
                try takeLong(argument, &rest)
            } else if takesFlags, argument.hasPrefix("-"), argument.count > 1 {
                for letter in argument.dropFirst() { try takeShort(letter) }
            } else if program == nil {
                program = argument
            } else {
                files.append(argument)
            }
        }
    }

    private mutating func takeShort(_ letter: Character) throws(Problem) {
        switch letter {
        case "c": isCompact = true
        case "n": isNullInput = true
        case "r": isRaw = true
        case "s": isSlurping = true
        case "e": isExitStatus = true
        case "h": isHelpWanted = true
        default: throw Self.unknown("-\(letter)")
        }
    }

    private mutating func takeLong(_ flag: String, _ rest: inout ArraySlice<String>) throws(Problem) {
        switch flag {
        case "--compact-output": isCompact = true
        case "--null-input": isNullInput = true
        case "--raw-output": isRaw = true
        case "--slurp": isSlurping = true
        case "--exit-status": isExitStatus = true
        case "--help": isHelpWanted = true
        case "--arg", "--argjson":
            guard let name = rest.popFirst(), let text = rest.popFirst() else {
                throw Problem(.invalidParameters, "\(flag) takes two values, like \(flag) name value.")
            }
            // As with jq, the first of a name counts.
            guard variables[name] == nil else { return }
            variables[name] = flag == "--arg" ? .string(text) : try Self.value(text, of: name)
        default: throw Self.unknown(flag)
        }
    }

    private static func value(_ text: String, of name: String) throws(Problem) -> JSONValue {
        do throws(JSONParseError) {
            return try JSONValue(parsing: text)
        } catch {
            throw Problem(.invalidParameters, "The value of --argjson \(name) is not JSON: \(error.reason)")
        }
    }

    private static func unknown(_ flag: String) -> Problem {
        Problem(.invalidParameters, "There is no flag \(flag). It takes -c, -n, -r, -s, -e, --arg and --argjson.")
    }
}
