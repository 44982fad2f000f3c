import Foundation
import Subprocess
import SystemPackage
import Testing

/// `millwright jq` as jq is used at a terminal and in scripts. What is expected here is what jq prints.
@Suite("jq at the terminal")
struct JQCommandTests {
    struct Call: Sendable, CustomTestStringConvertible {
        var arguments: [String]
        var input = ""
        var output = ""
        var error = ""
        var status = 0
        var testDescription: String { arguments.joined(separator: " ") }
    }

    @Test(
        "flags stand anywhere, alone and together",
        arguments: [
            Call(
                arguments: ["."], input: "{\"a\":[1,{}],\"b\":[]}",
                output: "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}\n"),
            Call(arguments: ["-c", "."], input: " { \"a\" : [ 1 , { } ] } ", output: "{\"a\":[1,{}]}\n"),
            Call(arguments: [".a", "-c"], input: "{\"a\":[1]}", output: "[1]\n"),
            Call(arguments: ["-n", "1 + 1"], input: "not JSON", output: "2\n"),
            Call(arguments: ["-r", ".[]"], input: "[\"a\\tb\",1,[\"x\"]]", output: "a\tb\n1\n[\n  \"x\"\n]\n"),
            Call(arguments: ["-nr", "\"a\", \"b\""], output: "a\nb\n"),
            Call(arguments: ["-scr", "., .[0]"], input: "\"a\" 2", output: "[\"a\",2]\na\n"),
            Call(arguments: ["--compact-output", "--slurp", "."], input: "1\n2", output: "[1,2]\n"),
            Call(arguments: ["-s", "-c", "."], input: "", output: "[]\n"),
            Call(arguments: ["."], input: "", output: ""),
            Call(arguments: ["-c"], input: "{\"a\": 1}", output: "{\"a\":1}\n"),
            Call(arguments: ["-c", "."], input: "1 \"a\"[2]{}null", output: "1\n\"a\"\n[2]\n{}\nnull\n"),
            Call(
                arguments: ["-nc", "--arg", "x", "1", "--argjson", "y", "[2]", "[$x, $y, $ARGS.named]"],
                output: "[\"1\",[2],{\"x\":\"1\",\"y\":[2]}]\n"),
            Call(arguments: ["-n", "$x", "--arg", "x", "a", "--arg", "x", "b"], output: "\"a\"\n"),
            Call(arguments: ["-nc", "--", "-1"], output: "-1\n"),
            Call(
                arguments: ["-c", "."], input: "[1e3,100e-2,1.0,\"\\u007f\"]", output: "[1E+3,1.00,1.0,\"\\u007f\"]\n"),
            Call(
                arguments: ["-nc", "[nan, infinite, -infinite]"],
                output: "[null,1.7976931348623157e+308,-1.7976931348623157e+308]\n"),
        ])
    func flags(_ call: Call) async throws { try await check(call) }

    @Test(
        "mistakes are named on standard error, and the exit codes are those of jq",
        arguments: [
            Call(
                arguments: [".a"], input: "1\n",
                error: "jq: error (at <stdin>:1): Cannot index number with string (\"a\")\n",
                status: 5),
            Call(
                arguments: [".a"], input: "[\n1]\n{}\n1",
                output: "null\n",
                error: "jq: error (at <stdin>:2): Cannot index array with string (\"a\")\n"
                    + "jq: error (at <stdin>:3): Cannot index number with string (\"a\")\n", status: 5),
            // The last input decides.
            Call(
                arguments: [".a"], input: "1 {}\n", output: "null\n",
                error: "jq: error (at <stdin>:1): Cannot index number with string (\"a\")\n", status: 0),
            Call(
                arguments: ["-n", "error({a: 1})"], error: "jq: error (at <unknown>) (not a string): {\"a\":1}\n",
                status: 5),
            Call(
                arguments: ["-n", "1, error(\"x\")"], output: "1\n", error: "jq: error (at <unknown>): x\n", status: 5),
            Call(
                arguments: ["."], input: "1 [2", output: "1\n",
                error: "jq: parse error: The text ends in the middle of a value. (<stdin>, line 1, column 5)\n",
                status: 5),
            Call(
                arguments: ["-n", "1 +"],
                error:
                    "jq: error: line 1, column 4: expected an expression, found the end of the program\njq: 1 compile error\n",
                status: 3),
            Call(
                arguments: ["-n", "foo, bar"],
                error:
                    "jq: error: line 1, column 1: foo/0 is not defined\njq: error: line 1, column 6: bar/0 is not defined\n"
                    + "jq: 2 compile errors\n", status: 3),
            Call(
                arguments: [".", "/nonexistent/file"],
                error: "jq: error: Could not open /nonexistent/file: No such file or directory\n", status: 2),
            Call(
                arguments: ["-Z", "."],
                error: "jq: There is no flag -Z. It takes -c, -n, -r, -s, -e, --arg and --argjson.\n"
                    + "Use millwright jq --help for what it takes.\n", status: 2),
            Call(
                arguments: ["--arg", "x"],
                error:
                    "jq: --arg takes two values, like --arg name value.\nUse millwright jq --help for what it takes.\n",
                status: 2),
            Call(
                arguments: ["-n", "--argjson", "x", "{", "$x"],
                error: "jq: The value of --argjson x is not JSON: The text ends in the middle of a value.\n"
                    + "Use millwright jq --help for what it takes.\n", status: 2),
        ])
    func mistakes(_ call: Call) async throws { try await check(call) }

    @Test(
        "-e says in the exit code what the last result was",
        arguments: [
            Call(arguments: ["-e", ".a"], input: "{\"a\":0}", output: "0\n", status: 0),
            Call(arguments: ["-ne", "1, false"], output: "1\nfalse\n", status: 1),
            Call(arguments: ["-n", "-e", "null"], output: "null\n", status: 1),
            Call(arguments: ["-e", ".a?"], input: "1", status: 4),
            Call(arguments: ["-e", "."], input: "", status: 4),
            Call(arguments: ["-e", ".[]?"], input: "[true] 1", output: "true\n", status: 0),
        ])
    func exitStatus(_ call: Call) async throws { try await check(call) }

    @Test("several files are read one after the other, and a missing one does not stop the others")
    func files() async throws {
        try await Program.withDataDirectory { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data("{\"a\":1}\n".utf8).write(to: URL(filePath: folder + "/one"))
            try Data("{\"a\":2}\n[3]\n".utf8).write(to: URL(filePath: folder + "/two"))
            let (one, two) = (folder + "/one", folder + "/two")
            try await check(Call(arguments: ["-c", ".", one, two], output: "{\"a\":1}\n{\"a\":2}\n[3]\n"))
            try await check(Call(arguments: ["-sc", "length", one, two], output: "3\n"))
            try await check(Call(arguments: ["-c", ".", one, "-"], input: "7", output: "{\"a\":1}\n7\n"))
            try await check(
                Call(
                    arguments: [".a", one, folder + "/none", two], output: "1\n2\n",
                    error: "jq: error: Could not open \(folder)/none: No such file or directory\n"
                        + "jq: error (at \(two):2): Cannot index array with string (\"a\")\n", status: 2))
        }
    }

    @Test("results that many programs would not hold come out whole")
    func manyResults() async throws {
        let result = try await run(Call(arguments: ["-n", "range(50000)"]))
        #expect(result.output.split(separator: "\n").count == 50_000 && result.output.hasSuffix("\n49999\n"))
    }

    private func check(_ call: Call) async throws {
        let result = try await run(call)
        #expect(result.output == call.output)
        #expect(result.error == call.error)
        #expect(result.status == call.status)
    }

    /// The input is a file: Subprocess ends this process when a program goes without reading a text that it is given.
    private func run(_ call: Call) async throws -> Command {
        let file = NSTemporaryDirectory() + "jq-input-\(UUID().uuidString)"
        try Data(call.input.utf8).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let input = try FileDescriptor.open(FilePath(file), .readOnly)
        let result = try await Subprocess.run(
            .path(Program.path), arguments: Arguments(["jq"] + call.arguments),
            input: .fileDescriptor(input, closeAfterSpawningProcess: true),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        var status = -1
        if case .exited(let code) = result.terminationStatus { status = Int(code) }
        return Command(status: status, output: result.standardOutput, error: result.standardError)
    }
}
