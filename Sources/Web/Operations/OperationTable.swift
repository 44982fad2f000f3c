package import HTTPTypes

/// All operations of the API. Building it checks that they are declared consistently.
package struct OperationTable: Sendable {
    package let operations: [Operation]

    package init(_ operations: [Operation]) {
        var ids: Set<String> = []
        var routes: Set<String> = []
        for operation in operations {
            precondition(ids.insert(operation.id).inserted, "the operation \(operation.id) is declared twice")
            let shape = operation.path.split(separator: "/").map { $0.hasPrefix("{") ? "{}" : $0 }
            let route = "\(operation.method) /" + shape.joined(separator: "/")
            precondition(routes.insert(route).inserted, "the route \(route) is declared twice")
            if case .permission(_, let source) = operation.access, source != .platform {
                precondition(
                    operation.pathParameters.contains(source.rawValue),
                    "\(operation.id) is allowed on a \(source.rawValue) that its path does not name")
            }
        }
        self.operations = operations
    }

    /// The methods that are declared for the paths which match this one; empty when there is no such path.
    package func methods(at path: String) -> [HTTPRequest.Method] {
        let segments = path.split(separator: "/", omittingEmptySubsequences: true)
        return operations.filter { operation in
            let template = operation.path.split(separator: "/")
            return template.count == segments.count
                && zip(template, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }.map(\.method)
    }
}
