import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOCore
import Primitives

/// A stand-in for a plant's CMMS, MES and message service, for the demo, the benches and the tests. It is no product
/// part: it honours `Idempotency-Key` as a good system does, and tells how often a key came twice.
struct StandInServer: Sendable {
    let ledger: StandInLedger
    /// The key that callers must send in `X-API-Key`.
    let apiKey: String

    func application(host: String, port: Int, logger: Logger, ready: @escaping @Sendable (Int) async -> Void)
        -> some ApplicationProtocol
    {
        Application(
            responder: router().buildResponder(),
            configuration: .init(address: .hostname(host, port: port), serverName: "stand-in-cmms"),
            onServerRunning: { channel in await ready(channel.localAddress?.port ?? port) },
            logger: logger)
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/health") { _, _ in answer(["status": "ok", "system": "stand-in CMMS"]) }
        router.post("/api/work-orders") { request, _ in try await createWorkOrder(request) }
        router.get("/api/work-orders") { request, _ in try findWorkOrders(request) }
        router.get("/api/work-orders/:id") { request, context in try workOrder(request, context) }
        router.patch("/api/work-orders/:id") { request, context in try await updateWorkOrder(request, context) }
        router.get("/api/lots/:lot") { request, context in try lot(request, context) }
        for action in ["hold", "release", "disposition"] {
            router.post("/api/lots/:lot/\(action)") { request, context in
                try await changeLot(request, context, action)
            }
        }
        router.post("/api/messages") { request, _ in try await sendMessage(request) }
        router.get("/api/stand-in/books") { request, _ in try books(request) }
        return router
    }

    private func createWorkOrder(_ request: Request) async throws -> Response {
        let body = try await authorised(request)
        guard let title = body["title"]?.stringValue, !title.isEmpty else {
            return answer(["error": "title is needed"], .badRequest)
        }
        let (order, isRepeated) = try ledger.change(key: request.idempotencyKey, kind: "work-order") { state in
            let number = state.numbers.count + 1
            var order = body.objectValue ?? [:]
            order["id"] = .string("wo-\(number)")
            order["number"] = .string("WO-\(String(number + 1_000_000).dropFirst())")
            order["status"] = "open"
            return .object(order)
        }
        return answer(order, isRepeated ? .ok : .created)
    }

    private func findWorkOrders(_ request: Request) throws -> Response {
        try checkKey(request)
        let reference = request.uri.queryParameters["reference"].map(String.init)
        let asset = request.uri.queryParameters["asset"].map(String.init)
        let items: [JSONValue] = ledger.read { state in
            if let reference { return (state.byReference[reference] ?? []).compactMap { state.workOrders[$0] } }
            guard let asset else { return state.numbers.suffix(50).compactMap { state.workOrders[$0] } }
            return state.workOrders.values.filter { $0["asset"]?.stringValue == asset && $0["status"] == "open" }
        }
        return answer(["items": .array(Array(items.prefix(50)))])
    }

    private func workOrder(_ request: Request, _ context: BasicRequestContext) throws -> Response {
        try checkKey(request)
        let id = try context.parameters.require("id")
        guard let order = ledger.read({ $0.workOrders[id] }) else {
            return answer(["error": "no such order"], .notFound)
        }
        return answer(order)
    }

    private func updateWorkOrder(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let body = try await authorised(request)
        let id = try context.parameters.require("id")
        guard ledger.read({ $0.workOrders[id] }) != nil else { return answer(["error": "no such order"], .notFound) }
        let (order, _) = try ledger.change(key: request.idempotencyKey, kind: "work-order") { state in
            var order = state.workOrders[id]?.objectValue ?? [:]
            for (name, value) in body.objectValue ?? [:] where name != "id" { order[name] = value }
            return .object(order)
        }
        return answer(order)
    }

    private func lot(_ request: Request, _ context: BasicRequestContext) throws -> Response {
        try checkKey(request)
        let lot = try context.parameters.require("lot")
        return answer(ledger.read { $0.lots[lot] } ?? ["lot": .string(lot), "status": "available"])
    }

    private func changeLot(
        _ request: Request, _ context: BasicRequestContext, _ action: String
    ) async throws -> Response {
        let body = try await authorised(request)
        let name = try context.parameters.require("lot")
        let (lot, _) = try ledger.change(key: request.idempotencyKey, kind: "lot") { state in
            var lot = state.lots[name]?.objectValue ?? ["lot": .string(name), "status": "available"]
            switch action {
            case "hold": lot["status"] = "on-hold"
            case "release": lot["status"] = "available"
            default: lot["disposition"] = body["disposition"]
            }
            if let reason = body["reason"] { lot["reason"] = reason }
            return .object(lot)
        }
        return answer(lot)
    }

    private func sendMessage(_ request: Request) async throws -> Response {
        let body = try await authorised(request)
        let (message, _) = try ledger.change(key: request.idempotencyKey, kind: "message") { state in
            var message = body.objectValue ?? [:]
            message["id"] = .string("msg-\(state.messages.count + 1)")
            return .object(message)
        }
        return answer(["id": message["id"] ?? .null], .accepted)
    }

    /// What the books of the demo are compared with.
    private func books(_ request: Request) throws -> Response {
        try checkKey(request)
        return answer(
            ledger.read { state in
                let doubled = state.byReference.values.filter { $0.count > 1 }.count
                return [
                    "workOrders": .number(JSONNumber(state.numbers.count)),
                    "references": .number(JSONNumber(state.byReference.count)),
                    "doubledReferences": .number(JSONNumber(doubled)),
                    "messages": .number(JSONNumber(state.messages.count)),
                    "lots": .number(JSONNumber(state.lots.count)),
                    "repeatedKeys": .number(JSONNumber(state.repeatedKeys)),
                ]
            })
    }

    private func authorised(_ request: Request) async throws -> JSONValue {
        try checkKey(request)
        let buffer = try await request.body.collect(upTo: 1 << 20)
        do {
            return try JSONValue(parsing: Array(buffer.readableBytesView))
        } catch {
            throw HTTPError(.badRequest, message: error.description)
        }
    }

    private func checkKey(_ request: Request) throws {
        let sent = request.headers[HTTPField.Name("X-API-Key")!] ?? ""
        guard Redacted(Array(apiKey.utf8)).matches(Array(sent.utf8)) else { throw HTTPError(.unauthorized) }
    }

    private func answer(_ value: JSONValue, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: value.serializedBytes())))
    }
}

extension Request {
    fileprivate var idempotencyKey: String? { headers[HTTPField.Name("Idempotency-Key")!] }
}
