import Execution
import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Files that prove something about a task. They are what they say they are, and never shown as a page of ours.
struct EvidenceOperations {
    let humanTasks: HumanTaskService

    var all: [Operation] { [attach, list, download] }

    private static let path = "/v1/plants/{plant}/human-tasks/{task}/evidence"

    static let schema = Schema.object(
        [
            "id": Schema.uuid, "sha256": Schema.string, "fileName": Schema.string, "mediaType": Schema.string,
            "sizeBytes": Schema.integer, "attachedById": Schema.uuid, "attachedBy": Schema.string,
            "attachedAt": Schema.timestamp,
        ], required: ["id", "sha256", "fileName", "mediaType", "sizeBytes", "attachedAt"])

    static func json(_ evidence: AttachedEvidence) -> JSONValue {
        [
            "id": .string(evidence.id.description), "sha256": .string(evidence.digestText),
            "fileName": .string(evidence.fileName), "mediaType": .string(evidence.mediaType),
            "sizeBytes": JSONValue(evidence.sizeBytes),
            "attachedById": .string(evidence.attachedBy.id.description),
            "attachedBy": .string(evidence.attachedBy.name), "attachedAt": .string(evidence.attachedAt.description),
        ]
    }

    private var attach: Operation {
        Operation(
            id: "attachHumanTaskEvidence", method: .post, path: Self.path,
            summary: "Attaches a file of at most 10 MiB to an open task. The same content twice is one attachment.",
            tag: "Human tasks", access: .permission(.humanTasksDecide, on: .plant),
            body: .init(
                Schema.object(
                    [
                        "fileName": Schema.text, "mediaType": Schema.text,
                        "content": ["type": "string", "contentEncoding": "base64"],
                    ], required: ["fileName", "mediaType", "content"]),
                maximumBytes: EvidenceFile.maximumBytes / 3 * 4 + 8192),
            success: .init(.created, "The attachment.", schema: Self.schema), weight: { _ in 10 }
        ) { call in
            guard let content = Base64URL.decodeStandard((call.body["content"]?.stringValue ?? "").utf8) else {
                throw Problem(
                    .invalidRequest, "The file cannot be read.",
                    items: [.init(path: "/content", message: "Must be base64 with its padding.")])
            }
            let file = try EvidenceFile(
                name: call.text("fileName"), mediaType: call.text("mediaType"), content: content)
            let evidence = try await humanTasks.attach(
                file, to: call.id("task", of: "task"), in: call.scope, by: try call.caller(), from: call.actor.origin)
            return .json(Self.json(evidence), .created)
        }
    }

    private var list: Operation {
        Operation(
            id: "listHumanTaskEvidence", method: .get, path: Self.path,
            summary: "The files of a task.", tag: "Human tasks", access: .permission(.humanTasksRead, on: .plant),
            success: .init(
                .ok, "All files.", schema: Schema.object(["items": Schema.array(Self.schema)], required: ["items"]))
        ) { call in
            let evidence = try await humanTasks.evidence(of: call.id("task", of: "task"), in: call.scope)
            return .json(["items": .array(evidence.map(Self.json))])
        }
    }

    private var download: Operation {
        Operation(
            id: "downloadHumanTaskEvidence", method: .get, path: Self.path + "/{evidence}",
            summary: "A file as it was attached.", tag: "Human tasks",
            access: .permission(.humanTasksRead, on: .plant),
            success: .init(.ok, "The file.", contentType: "application/octet-stream")
        ) { call in
            let (evidence, content) = try await humanTasks.content(
                of: call.id("evidence", of: "evidence"), on: call.id("task", of: "task"), in: call.scope)
            return Reply(
                .ok, .bytes(content, contentType: evidence.mediaType), headers: Self.headers(of: evidence))
        }
    }

    /// A browser saves it under its name, and takes it for nothing else than it is.
    static func headers(of evidence: AttachedEvidence) -> HTTPFields {
        let plain = String(
            evidence.fileName.unicodeScalars.map { scalar in
                scalar.isASCII && scalar.value >= 0x20 && !"\"\\;%".unicodeScalars.contains(scalar)
                    ? Character(scalar) : "_"
            })
        let encoded = evidence.fileName.utf8.map { byte -> String in
            let character = Character(UnicodeScalar(byte))
            if character.isASCII, character.isLetter || character.isNumber || ".-_".contains(character) {
                return String(character)
            }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
        return [
            .contentDisposition: "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(encoded)",
            .xContentTypeOptions: "nosniff", .contentSecurityPolicy: "default-src 'none'; sandbox",
        ]
    }
}
