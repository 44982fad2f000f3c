import Execution
import HTTPTypes
import Hummingbird
import NIOCore
import Primitives

/// Files of a task: attached and fetched.
extension Portal {
    func attach(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitor(request, context)
        let body = try await MultipartBody.read(request, maximumFileBytes: EvidenceFile.maximumBytes)
        try check(body.fields["form-token"] ?? "", of: visitor)
        return try await change(FormBody(fields: body.fields), visitor, request, context) { task, _, visitor in
            guard let sent = body.file, !sent.name.isEmpty else {
                throw Problem(
                    .invalidRequest, "No file was sent.",
                    items: [.init(path: "/fileName", message: "Choose a file to attach.")])
            }
            let file = try EvidenceFile(name: sent.name, mediaType: sent.mediaType, content: sent.content)
            _ = try await humanTasks.attach(
                file, to: task.id, in: task.scope, by: visitor.principal, from: origin(of: request, context))
            return Self.path(task) + "?done=" + Done.attached.rawValue
        }
    }

    func download(_ request: Request, _ context: MillwrightContext) async throws -> Response {
        let visitor = try await visitor(request, context)
        let task = try await task(context, visitor)
        guard let id = context.pathValues["evidence"].flatMap({ TaskEvidenceID($0) }) else {
            throw Problem.notFound("evidence")
        }
        let (evidence, content) = try await humanTasks.content(of: id, on: task.id, in: task.scope)
        var headers = EvidenceOperations.headers(of: evidence)
        headers[.contentType] = evidence.mediaType
        headers[.cacheControl] = "no-store"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: content)))
    }
}
