import JSON
import Primitives
import Provisioning
import Testing

@Suite("scripts and shell commands give results", .timeLimit(.minutes(10)))
struct ProcessResultTests {
    @Test("a code other than 0 and a signal are results, with what was written until then")
    func codes() async throws {
        let failed = try await Sandboxes.run(.shell, "echo out; echo err >&2; exit 7")
        #expect(failed == ProcessResult(code: 7, stdout: "out\n", stderr: "err\n"))
        #expect(try await Sandboxes.run(.shell, "kill -TERM $$").code == 143)
        let thrown = try await Sandboxes.run(.js, "console.log('a'); throw new Error('no')")
        #expect(thrown.code == 1 && thrown.stdout == "a\n" && thrown.stderr.contains("Error: no"))
        let wrong = try await Sandboxes.run(.python, "print('a'")
        #expect(wrong.code == 1 && wrong.stdout.isEmpty && wrong.stderr.contains("SyntaxError"))
    }

    @Test("the specification's own examples print what they say")
    func examples() async throws {
        let script = try await Sandboxes.run(
            .js,
            """
            import { readFileSync } from 'node:fs';
            const stdin = readFileSync(process.stdin.fd, 'utf8');
            console.log('stdin > ', stdin)
            const [_, __, arg] = process.argv;
            console.log('arg > ', arg)
            const foo = process.env.foo;
            console.log('env > ', foo)
            """, arguments: ["hello"], environment: ["foo": "bar"], stdin: "Hello Workflow")
        #expect(script.stdout == "stdin >  Hello Workflow\narg >  hello\nenv >  bar\n")
        let shell = try await Sandboxes.run(
            .shell, "input=$(cat)\necho \"STDIN was: $input\"\necho \"ARGS are $1 $2\"\n", arguments: ["Foo", "Bar"],
            stdin: "Hello World")
        #expect(shell == ProcessResult(code: 0, stdout: "STDIN was: Hello World\nARGS are Foo Bar\n", stderr: ""))
    }

    @Test("words, variables and input arrive byte for byte, whatever is in them", arguments: ProcessLanguage.allCases)
    func bytes(language: ProcessLanguage) async throws {
        let texts = [
            "", "'", "''\u{301}", "'\u{301}; touch /tmp/x", "$(id) `id` \\ \"", "a\nb\r\n", "ü € 𝄞", "-n", "--",
            "\u{1E}",
        ]
        let codes: [ProcessLanguage: String] = [
            .python: """
            import json, os, sys
            print(json.dumps([sys.argv[1:], os.environ["T"], sys.stdin.buffer.read().decode()]))
            """,
            .js: """
            import { readFileSync } from 'node:fs'
            console.log(JSON.stringify([process.argv.slice(2), process.env.T, readFileSync(0, 'utf8')]))
            """,
            .shell: #"""
            exec python3 -c 'import json,os,sys;print(json.dumps([sys.argv[1:],os.environ["T"],sys.stdin.read()]))' "$@"
            """#,
        ]
        let all = texts.joined(separator: "|")
        let result = try await Sandboxes.run(
            language, try #require(codes[language]), arguments: .array(texts.map { .string($0) }),
            environment: ["T": .string(all)], stdin: .string(all.replacing("\r\n", with: "\n")))
        #expect(result.code == 0, "\(result.stderr)")
        let seen = try JSONValue(parsing: result.stdout)
        #expect(seen[0] == .array(texts.map { .string($0) }))
        #expect(seen[1] == .string(all))
        #expect(seen[2] == .string(all.replacing("\r\n", with: "\n")))
    }

    @Test("arguments with names are a script's variables")
    func variables() async throws {
        let given: JSONValue = ["greeting": "it's", "numbers": [1, 2]]
        let python = try await Sandboxes.run(
            .python,
            "\"\"\"A text first.\"\"\"\nfrom __future__ import annotations\nprint(greeting, sum(numbers), __name__)",
            arguments: given)
        #expect(python == ProcessResult(code: 0, stdout: "it's 3 __main__\n", stderr: ""))
        let js = try await Sandboxes.run(.js, "console.log(greeting, numbers.length)", arguments: given)
        #expect(js == ProcessResult(code: 0, stdout: "it's 2\n", stderr: ""))
    }

    @Test("what is no text is made text, and a process need not read its input")
    func oddBytes() async throws {
        let result = try await Sandboxes.run(.shell, #"printf 'a\377b\000c'"#)
        #expect(result.stdout == "a\u{FFFD}b\u{FFFD}c")
        let unread = try await Sandboxes.run(
            .shell, "echo done", stdin: .string(String(repeating: "x", count: 1 << 20)))
        #expect(unread.stdout == "done\n")
        let counted = try await Sandboxes.run(
            .shell, "wc -c", stdin: .string(String(repeating: "x", count: 1 << 20)))
        #expect(counted.stdout == "1048576\n")
        let object = try await Sandboxes.run(.shell, "cat", stdin: ["lot": 7])
        #expect(object.stdout == #"{"lot":7}"#)
    }

    @Test("its environment is what the job gives, a path and a language; it stands in an empty folder of its own")
    func environment() async throws {
        let result = try await Sandboxes.run(.shell, "env | sort; pwd; ls -A", environment: ["A": "1"])
        #expect(
            result.stdout == "A=1\nLANG=C.UTF-8\nPATH=/usr/local/bin:/usr/bin:/bin\nPWD=/tmp\n/tmp\nscript.sh\n"
                || result.stdout == "A=1\nLANG=C.UTF-8\nPATH=/usr/local/bin:/usr/bin:/bin\n/tmp\nscript.sh\n",
            "\(result.stdout)")
        #expect(result.code == 0)
    }

    @Test("a machine without bubblewrap, and a sandbox that cannot be set up, say so")
    func noSandbox() async throws {
        let job = try Sandboxes.job(.shell, "echo x")
        let missing = ProcessSandbox(bubblewrapPath: "/nonexistent/bwrap", account: nil)
        guard case .failure(let failure) = await missing.run(job) else {
            Issue.record("there is no sandbox, and it ran")
            return
        }
        #expect(failure.kind == .configuration && failure.detail.contains("/nonexistent/bwrap"))
        let folder = try TestFolder()
        let text = "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
        let program = try folder.install(try folder.write(Array(text.utf8), to: "script"), as: "bwrap")
        let refused = ProcessSandbox(bubblewrapPath: program, account: PlantsFixture.account)
        guard case .failure(let reason) = await refused.run(job) else {
            Issue.record("the sandbox cannot be set up, and it ran")
            return
        }
        #expect(reason.kind == .configuration)
        #expect(reason.detail.contains("No permissions to create new namespace"))
        #expect(await Sandboxes.sandbox.missingProtections().isEmpty)
        #expect(await refused.missingProtections().contains { $0.contains("No permissions") })
    }
}
