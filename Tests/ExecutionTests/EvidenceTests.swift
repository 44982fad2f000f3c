import Database
import Execution
import JSON
import Primitives
import Tenancy
import TestSupport
import Testing

@Suite("people attach evidence and talk about a task", .timeLimit(.minutes(10)))
struct EvidenceTests {
    private static let zip: [UInt8] = [0x50, 0x4B, 0x03, 0x04, 0, 0]

    private func refused(_ type: String, _ content: [UInt8], name: String = "a") -> Problem.Code? {
        do throws(Problem) {
            _ = try EvidenceFile(name: name, mediaType: type, content: content)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("a file must be what it says it is, of a known type, and small enough")
    func types() {
        #expect(refused("application/pdf", Self.zip) == .unsupportedMediaType, "a ZIP named PDF")
        #expect(refused("text/html", Array("<p>".utf8)) == .unsupportedMediaType)
        #expect(refused("image/svg+xml", Array("<svg/>".utf8)) == .unsupportedMediaType)
        #expect(refused("text/plain", [0xFF, 0xFE, 0x00]) == .unsupportedMediaType)
        #expect(refused("application/json", Array("{".utf8)) == .unsupportedMediaType)
        #expect(refused("image/png", Array("%PDF-1.7".utf8)) == .unsupportedMediaType)
        #expect(refused("text/plain", Array(repeating: 65, count: EvidenceFile.maximumBytes + 1)) == .payloadTooLarge)
        #expect(refused("text/plain", []) == .invalidRequest)
        #expect(refused("text/plain", [65], name: "a\nb") == .invalidRequest)
        #expect(refused("text/plain", [65], name: "../") == .invalidRequest)
        let good: [(String, [UInt8])] = [
            ("application/pdf", Array("%PDF-1.7".utf8)), ("image/jpeg", [0xFF, 0xD8, 0xFF, 0xE0]),
            ("image/gif", Array("GIF89a".utf8)), ("image/webp", Array("RIFF1234WEBP".utf8)),
            ("application/zip", Self.zip), ("text/csv; charset=utf-8", Array("a,b\r\n".utf8)),
            ("application/xml", Array("\u{FEFF}<a/>".utf8)), ("application/json", Array("[1]".utf8)),
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Self.zip),
        ]
        for (type, content) in good { #expect(refused(type, content) == nil, "\(type)") }
    }

    @Test("content is stored once a plant, attached once a task, and stays what it was when the task is closed")
    func storing() async throws {
        try await ShellFixture.with { shell in
            let person = try await shell.supervisors(1)[0]
            let tasks = try await shell.open(("a", Asked.approval()), ("b", Asked.approval())).tasks
            let file = try EvidenceFile(name: "C:\\photos\\one.txt", mediaType: "text/plain", content: [65, 66])
            let first = try await shell.tasks.attach(file, to: tasks[0].id, in: shell.scope, by: person)
            #expect(first.fileName == "one.txt")
            #expect(try await shell.tasks.attach(file, to: tasks[0].id, in: shell.scope, by: person) == first)
            _ = try await shell.tasks.attach(file, to: tasks[1].id, in: shell.scope, by: person)
            #expect(try await shell.count("millwright.evidence_file") == 1)
            #expect(try await shell.count("millwright.human_task_evidence") == 2)
            let read = try await shell.tasks.content(of: first.id, on: tasks[0].id, in: shell.scope)
            #expect(read.content == [65, 66])
            #expect(
                await refusal { try await shell.tasks.content(of: first.id, on: tasks[1].id, in: shell.scope) }
                    == .notFound)
            _ = try await shell.approve(tasks[0], by: person)
            let late = try EvidenceFile(name: "b", mediaType: "text/plain", content: [67])
            #expect(
                await refusal { try await shell.tasks.attach(late, to: tasks[0].id, in: shell.scope, by: person) }
                    == .wrongState)
            for change: Statement in [
                "UPDATE millwright.evidence_file SET content = 'x'", "DELETE FROM millwright.human_task_evidence",
            ] {
                await #expect(throws: (any Error).self) { try await shell.database.pipeline(shell.scope, [change]) }
            }
        }
    }

    @Test("another plant and another tenant neither see nor fetch it, and only whom the task is for attaches")
    func tenants() async throws {
        try await ShellFixture.with { shell in
            let person = try await shell.supervisors(1)[0]
            let stranger = try await shell.tenants.makePrincipal(.operator, in: shell.scope).principal
            let task = try await shell.open(("a", Asked.approval())).tasks[0]
            let file = try EvidenceFile(name: "a", mediaType: "text/plain", content: [65])
            #expect(
                await refusal { try await shell.tasks.attach(file, to: task.id, in: shell.scope, by: stranger) }
                    == .forbidden)
            let attached = try await shell.tasks.attach(file, to: task.id, in: shell.scope, by: person)
            let other = ShellFixture(shell.tenants, try await shell.tenants.makePlant())
            for elsewhere in [try await shell.sibling(), other] {
                let scope = elsewhere.scope
                #expect(
                    await refusal { try await elsewhere.tasks.content(of: attached.id, on: task.id, in: scope) }
                        == .notFound)
                #expect(await refusal { try await elsewhere.tasks.evidence(of: task.id, in: scope) } == .notFound)
                #expect(await refusal { try await elsewhere.tasks.comments(on: task.id, in: scope) } == .notFound)
                #expect(
                    await refusal { try await elsewhere.tasks.attach(file, to: task.id, in: scope, by: person) }
                        == .notFound)
            }
        }
    }

    @Test("at most so many files; comments stand in order, also after the end, and none is empty")
    func bounds() async throws {
        try await ShellFixture.with { shell in
            let person = try await shell.supervisors(1)[0]
            let task = try await shell.open(("a", Asked.approval())).tasks[0]
            func attach(_ number: Int) async throws {
                let file = try EvidenceFile(
                    name: "\(number)", mediaType: "text/plain", content: Array("\(number)".utf8))
                _ = try await shell.tasks.attach(file, to: task.id, in: shell.scope, by: person)
            }
            for number in 0..<EvidenceFile.maximumPerTask { try await attach(number) }
            #expect(await refusal { try await attach(99) } == .conflict)
            #expect(
                await refusal { try await shell.tasks.comment(task.id, in: shell.scope, " \n", by: person) }
                    == .invalidRequest)
            _ = try await shell.tasks.comment(task.id, in: shell.scope, "one", by: person)
            _ = try await shell.approve(task, by: person)
            _ = try await shell.tasks.comment(task.id, in: shell.scope, "two", by: person)
            #expect(try await shell.tasks.comments(on: task.id, in: shell.scope).map(\.body) == ["one", "two"])
            await #expect(throws: (any Error).self) {
                try await shell.database.pipeline(shell.scope, ["UPDATE millwright.human_task_comment SET body = 'x'"])
            }
        }
    }
}
