import JSON
import Primitives
import Provisioning
import Testing

@Suite("the settings of a process are hostile input")
struct ProcessJobTests {
    private func complaint(_ function: String, _ arguments: JSONValue) throws -> String {
        let failure = try #require(
            #expect(throws: ProcessFailure.self) { try ProcessJob(function: function, arguments: arguments) })
        #expect(failure.kind == .invalidArguments)
        return failure.detail
    }

    @Test("everything that is wrong is said at once")
    func everything() throws {
        let said = try complaint(
            "run:script",
            [
                "script": [
                    "language": "cobol", "code": 1, "stdin": .string(String(repeating: "x", count: 2 << 20)),
                    "arguments": "a", "environment": ["1A": "x", "IFS": "y", "B": "\u{0}"],
                ]
            ])
        for part in [
            "“cobol” is no language", "code must be text", "stdin is longer", "arguments must be a list", "“1A” cannot",
            "“IFS” cannot", "environment must not hold a zero",
        ] { #expect(said.contains(part), "\(said)") }
        #expect(try complaint("run:shell", [:]).contains("command must be text"))
        #expect(try complaint("run:script", ["script": ["code": "1"]]).contains("language is missing"))
        #expect(try complaint("http", [:]).contains("neither run:script nor run:shell"))
    }

    @Test("code, words and variables are bounded in length and number")
    func bounds() throws {
        let long = JSONValue.string(String(repeating: "x", count: (256 << 10) + 1))
        #expect(try complaint("run:shell", ["shell": ["command": long]]).contains("command is longer than 256 KiB"))
        let many = JSONValue.array(Array(repeating: "a", count: 257))
        #expect(try complaint("run:shell", ["shell": ["command": "x", "arguments": many]]).contains("more than 256"))
        let wide = JSONValue.string(String(repeating: "x", count: 65 << 10))
        #expect(
            try complaint("run:shell", ["shell": ["command": "x", "environment": ["A": wide]]]).contains("64 KiB"))
        #expect(
            try complaint(
                "run:script", ["script": ["language": "js", "code": "1", "arguments": ["a": wide]]]
            ).contains("64 KiB"))
    }

    @Test("a list is words; an object is a script's variables and a command's names with their values")
    func arguments() throws {
        let list: JSONValue = ["a", 1, true, .null, ["x": 1]]
        let script = try ProcessJob(
            function: "run:script", arguments: ["script": ["language": "javascript", "code": "", "arguments": list]])
        #expect(script.language == .js)
        #expect(script.words == ["a", "1", "true", "", #"{"x":1}"#])
        let named: JSONValue = ["greeting": "hello", "flag": .null]
        let variables = try ProcessJob(
            function: "run:script", arguments: ["script": ["language": "python", "code": "", "arguments": named]])
        #expect(variables.words.isEmpty && variables.globals == ["greeting": "hello", "flag": .null])
        let command = try ProcessJob(
            function: "run:shell", arguments: ["shell": ["command": "echo", "arguments": named]])
        #expect(command.words == ["greeting", "hello", "flag"])
    }
}
