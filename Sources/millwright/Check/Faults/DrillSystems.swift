import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOCore
import Primitives
import Synchronization

/// The plants' other systems in the check: each keeps the work orders that it opened, under their references, and breaks
/// off some of its answers on purpose.
final class DrillSystems: Sendable {
    /// How a system deals with being asked twice.
    enum Kind: String, Sendable, CaseIterable {
        /// Honours idempotency keys.
        case honest
        /// Does everything that it is asked, as often as it is asked, and can be asked what it has.
        case seen
        /// The same, and cannot be asked.
        case blind
    }

    /// One call in so many is answered with half an answer, after it was done.
    static let brokenAnswers: UInt64 = 29
    static let workMilliseconds = 15

    private struct State {
        var orders: [Kind: [String: [JSONValue]]] = [:]
        var answers: [String: JSONValue] = [:]
        var calls: UInt64 = 0
        var repeatedKeys = 0
        var lookUps = 0
    }

    private let state = Mutex(State())
    private let points: FaultPoints

    init(points: FaultPoints) { self.points = points }

    /// How often each reference was done by a system of this kind.
    func done(by kind: Kind) -> [String: Int] {
        state.withLock { ($0.orders[kind] ?? [:]).mapValues(\.count) }
    }

    var repeatedKeys: Int { state.withLock { $0.repeatedKeys } }
    var lookUps: Int { state.withLock { $0.lookUps } }

    func application(port: Int, logger: Logger) -> some ApplicationProtocol {
        let router = Router()
        router.post("/:kind/work-orders") { [self] request, context in try await create(request, context) }
        router.get("/:kind/work-orders") { [self] request, context in try find(request, context) }
        return Application(
            responder: router.buildResponder(),
            configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: "drill"), logger: logger)
    }

    private func create(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let kind = try kind(context)
        let body = try JSONValue(
            parsing: Array(try await request.body.collect(upTo: 1 << 20).readableBytesView))
        guard let reference = body["reference"]?.stringValue else { throw HTTPError(.badRequest) }
        points.pass(.effectArrived)
        try await Task.sleep(for: .milliseconds(Self.workMilliseconds))
        let key = request.headers[HTTPField.Name("Idempotency-Key")!]
        let (order, isBroken) = record(kind, reference, key: kind == .honest ? key : nil)
        points.pass(.effectDone)
        try await Task.sleep(for: .milliseconds(Self.workMilliseconds))
        guard !isBroken else {
            return Response(
                status: .created, headers: [.contentType: "application/json"],
                body: .init { writer in
                    try await writer.write(ByteBuffer(string: "{\"id\": "))
                    throw HTTPError(.internalServerError)
                })
        }
        return Self.answer(order, .created)
    }

    /// Called in a child task that a caller who goes away cancels; what has been asked is done all the same.
    private func record(_ kind: Kind, _ reference: String, key: String?) -> (order: JSONValue, isBroken: Bool) {
        state.withLock { state in
            state.calls += 1
            let isBroken = state.calls % Self.brokenAnswers == 0
            if let key, let answer = state.answers[key] {
                state.repeatedKeys += 1
                return (answer, isBroken)
            }
            let number = "WO-\(state.calls)"
            let order: JSONValue = [
                "id": .string(number), "number": .string(number), "status": "open", "reference": .string(reference),
            ]
            if let key { state.answers[key] = order }
            state.orders[kind, default: [:]][reference, default: []].append(order)
            return (order, isBroken)
        }
    }

    private func find(_ request: Request, _ context: BasicRequestContext) throws -> Response {
        let kind = try kind(context)
        let reference = request.uri.queryParameters["reference"].map(String.init) ?? ""
        let items = state.withLock { state in
            state.lookUps += 1
            return state.orders[kind]?[reference] ?? []
        }
        return Self.answer(["items": .array(items)])
    }

    private func kind(_ context: BasicRequestContext) throws -> Kind {
        guard let kind = Kind(rawValue: try context.parameters.require("kind")) else { throw HTTPError(.notFound) }
        return kind
    }

    private static func answer(_ value: JSONValue, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: value.serializedBytes())))
    }
}

extension DrillSystems {
    /// How a plant is connected to a system of this kind.
    static func connector(_ kind: Kind) -> JSONValue {
        var create: JSONObject = [
            "request": [
                "method": "POST", "path": .string("/\(kind.rawValue)/work-orders"),
                "body": "{reference: .arguments.reference}",
            ],
            "response": ["success": [201]],
        ]
        if kind == .honest { create["isRepeatable"] = true }
        var operations: JSONObject = ["work-orders.create": .object(create)]
        if kind == .seen {
            operations["work-orders.find"] = [
                "request": [
                    "method": "GET", "path": "/seen/work-orders", "query": ["reference": ".arguments.reference"],
                ],
                "response": ["success": [200]],
            ]
        }
        var connector: JSONObject = [
            "connector": .string("drill-\(kind.rawValue)"), "version": "1.0.0",
            "title": .string("Drill (\(kind.rawValue))"), "kind": "http", "authentication": ["none"],
            "configuration": [
                "type": "object", "required": ["baseAddress"],
                "properties": ["baseAddress": ["type": "string", "title": "Base address"]],
            ],
            "limits": ["timeoutSeconds": 5, "connectTimeoutSeconds": 2],
            "retry": ["attempts": 4, "initialSeconds": 0.1, "maximumSeconds": 1],
            "operations": .object(operations),
        ]
        if kind == .honest { connector["idempotencyHeader"] = "Idempotency-Key" }
        return .object(connector)
    }
}
