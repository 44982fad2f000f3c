package import JSON

/// What definitions may call: the functions of the `default` catalog, the drivers that this platform has, and the
/// documents that a definition may refer to by URI. Nothing is ever fetched while decoding.
package struct FunctionTable: Sendable {
    /// By full name, `work-orders.create:1.0.0@default`.
    package var functions: [String: Function]
    package var drivers: Set<Driver>
    /// URI → document, for catalogued functions and external schemas.
    package var resources: [String: JSONValue]

    package init(
        functions: [Function], drivers: Set<Driver> = Self.ownDrivers, resources: [String: JSONValue] = [:]
    ) {
        self.functions = Dictionary(functions.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        self.drivers = drivers
        self.resources = resources
    }

    /// What every platform of ours can do. Whether scripts and shell commands may run is the plant's policy, which is asked
    /// when a workflow is cloned into it.
    package static let ownDrivers: Set<Driver> = [.http, .openapi, .script, .shell, .workflow]

    /// Ways of doing something outside that a definition can ask for beside functions of a catalog.
    package enum Driver: String, Sendable, Hashable, CaseIterable {
        case http, openapi, grpc, asyncapi, a2a, mcp, container, script, shell, workflow
    }

    package struct Function: Sendable, Hashable {
        package enum Performer: Sendable, Hashable {
            /// Opens a `Wait.Kind.humanTask`.
            case person
            /// Opens a `Wait.Kind.serviceLevel`.
            case clock
            /// Is computed at once, from its arguments alone.
            case engine
            /// Opens a `Wait.Kind.call`.
            case connector
        }

        package struct Argument: Sendable, Hashable {
            package var name: String
            package var isRequired: Bool

            package init(_ name: String, isRequired: Bool = false) {
                self.name = name
                self.isRequired = isRequired
            }
        }

        package var name: String
        package var performer: Performer
        /// The capability that a connection must offer: the part of the name before the dot; `nil` for none.
        package var capability: String?
        package var arguments: [Argument]

        package init(name: String, performer: Performer, capability: String? = nil, arguments: [Argument]) {
            self.name = name
            self.performer = performer
            self.capability = capability
            self.arguments = arguments
        }
    }
}
