import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
import Primitives

/// Builds the router from the operation table: nothing is served that is not declared, but the portal's pages.
package struct APIServer: Sendable {
    private let table: OperationTable
    private let responder: APIResponder

    package init(table: OperationTable, responder: APIResponder) {
        self.table = table
        self.responder = responder
    }

    package func router() -> Router<MillwrightContext> {
        let router = Router(context: MillwrightContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: UndeclaredPaths(table: table))
        for operation in table.operations {
            let path = operation.path.split(separator: "/").map { segment in
                segment.hasPrefix("{") ? ":" + segment.dropFirst().dropLast() : String(segment)
            }
            router.on(RouterPath("/" + path.joined(separator: "/")), method: operation.method) { request, context in
                await responder.respond(to: request, context: context, operation: operation)
            }
        }
        return router
    }
}

/// Answers for paths and methods that nobody declared, as problem documents like every other refusal.
struct UndeclaredPaths: RouterMiddleware {
    typealias Context = MillwrightContext
    let table: OperationTable

    @concurrent
    func handle(
        _ request: Request, context: MillwrightContext,
        next: @concurrent (Request, MillwrightContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound || error.status == .methodNotAllowed {
            let methods = table.methods(at: request.uri.path)
            guard !methods.isEmpty else {
                return Problem(.notFound, "There is nothing at \(request.uri.path).")
                    .response(requestID: context.requestID)
            }
            let allowed = methods.map(\.rawValue).joined(separator: ", ")
            var response = Problem(.methodNotAllowed, "\(request.uri.path) takes \(allowed).")
                .response(requestID: context.requestID)
            response.headers[.allow] = allowed
            return response
        } catch {
            return ErrorMapping.problem(for: error, logger: context.logger).response(requestID: context.requestID)
        }
    }
}
