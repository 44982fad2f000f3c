import Foundation
import JSON

/// The test files of the jq project, read from where the developer keeps them; they are not part of this repository.
enum PublicSuite {
    struct Case: Sendable, CustomStringConvertible {
        var file: String
        var line: Int
        var program: String
        var input = ""
        var outputs: [String] = []
        /// The program must be refused.
        var isInvalid = false

        var description: String { "\(file):\(line)" }
    }

    static let files = ["jq", "man", "onig", "manonig", "base64", "uri", "optional"]

    static let folder: String = {
        let environment = ProcessInfo.processInfo.environment
        if let shared = environment["MILLWRIGHT_SHARED"] { return shared + "/conformance/jq" }
        // Tests/JQTests/PublicSuite.swift → the package, and beside it the shared files.
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root.deletingLastPathComponent().path + "/shared/conformance/jq"
    }()

    static let isRequired = ProcessInfo.processInfo.environment["MILLWRIGHT_REQUIRE_SHARED"] == "1"

    static let isPresent: Bool = {
        let isPresent = FileManager.default.fileExists(atPath: folder + "/jq.test")
        if !isPresent { print("not run: jq public suite (no \(folder)/jq.test; set MILLWRIGHT_SHARED)") }
        return isPresent
    }()

    static func cases() throws -> [Case] {
        try files.flatMap { file in
            parse(try String(contentsOfFile: "\(folder)/\(file).test", encoding: .utf8), file: file)
        }
    }

    /// Groups of lines: a program, its input and its outputs; or `%%FAIL`, a program and the message.
    static func parse(_ text: String, file: String) -> [Case] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var cases: [Case] = []
        var next = 0
        func isSkipped(_ line: String) -> Bool { line.hasPrefix("#") || line.allSatisfy(\.isWhitespace) }
        while next < lines.count {
            if isSkipped(lines[next]) {
                next += 1
                continue
            }
            var block: [String] = []
            let start = next
            while next < lines.count, !lines[next].isEmpty {
                block.append(lines[next])
                next += 1
            }
            if block[0].hasPrefix("%%FAIL") {
                cases.append(Case(file: file, line: start + 1, program: block[1], isInvalid: true))
            } else {
                let outputs = block.dropFirst(2).filter { !$0.hasPrefix("#") }
                cases.append(
                    Case(
                        file: file, line: start + 1, program: block[0], input: block.count > 1 ? block[1] : "",
                        outputs: Array(outputs)))
            }
        }
        return cases
    }
}
