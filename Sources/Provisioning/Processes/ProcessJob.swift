package import JSON
package import Primitives

/// One script or shell command, checked: what to run, with which words, variables and input.
package struct ProcessJob: Sendable, Hashable {
    package static let maximumCodeBytes = 256 << 10
    package static let maximumInputBytes = 1 << 20
    /// Words and variables together.
    package static let maximumSettingsBytes = 64 << 10
    package static let maximumSettings = 256

    package var language: ProcessLanguage
    package var code: String
    /// The specification's list, as the process' own arguments.
    package var words: [String]
    /// Arguments of a script that were given by name, as older documents of the specification have it: its variables.
    package var globals: JSONObject
    package var environment: [(name: String, value: String)]
    package var input: String

    /// - Parameters:
    ///   - function: `run:script` or `run:shell`.
    ///   - arguments: as the engine evaluated them, `{"script": {…}}` or `{"shell": {…}}`; a `source` must have become
    ///     `code` before.
    /// - Throws: `invalidArguments`, with everything that is wrong.
    package init(function: String, arguments: JSONValue) throws(ProcessFailure) {
        var reader = ProcessJobReader()
        switch function {
        case "run:script":
            let script = arguments["script"] ?? .null
            language = reader.language(script["language"])
            code = reader.code(script["code"], "code")
            (words, globals) = reader.arguments(script["arguments"], areVariables: true)
            environment = reader.environment(script["environment"])
            input = reader.input(script["stdin"])
        case "run:shell":
            let shell = arguments["shell"] ?? .null
            language = .shell
            code = reader.code(shell["command"], "command")
            (words, globals) = reader.arguments(shell["arguments"], areVariables: false)
            environment = reader.environment(shell["environment"])
            input = reader.input(shell["stdin"])
        default:
            throw ProcessFailure(.invalidArguments, "\(function) is neither run:script nor run:shell")
        }
        reader.checkSize(words, globals, environment)
        guard reader.complaints.isEmpty else {
            throw ProcessFailure(.invalidArguments, reader.complaints.joined(separator: "; "))
        }
    }

    package static func == (left: ProcessJob, right: ProcessJob) -> Bool {
        left.language == right.language && left.code == right.code && left.words == right.words
            && left.globals == right.globals && left.input == right.input
            && left.environment.elementsEqual(right.environment, by: ==)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(language)
        hasher.combine(code)
    }
}
