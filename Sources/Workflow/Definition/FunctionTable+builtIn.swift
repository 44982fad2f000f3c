extension FunctionTable {
    package static let humanTaskFunction = "human-task:1.0.0@default"
    package static let serviceLevelFunction = "sla:1.0.0@default"
    package static let decisionTableFunction = "decision-table:1.0.0@default"

    /// The functions that every plant has. Their argument and result schemas stand with the capabilities.
    package static let builtIn = FunctionTable(functions: [
        Function(
            name: humanTaskFunction, performer: .person,
            arguments: HumanTaskArguments.names.map { .init($0, isRequired: $0 == "title") }),
        Function(
            name: serviceLevelFunction, performer: .clock,
            arguments: [
                .init("name", isRequired: true), .init("action"), .init("target"), .init("calendar"),
                .init("warnings"), .init("onWarning"), .init("onBreach"),
            ]),
        Function(
            name: decisionTableFunction, performer: .engine,
            arguments: [.init("table", isRequired: true), .init("input", isRequired: true)]),
        operation(
            "work-orders", "create", requires: ["title", "priority"],
            accepts: [
                "description", "asset", "craft", "type", "requestedBy", "dueAt", "costEstimate", "reference",
            ]),
        operation("work-orders", "get", requires: ["id"]),
        operation("work-orders", "update", requires: ["id"], accepts: ["status", "priority", "comment"]),
        operation("work-orders", "find", requires: ["reference"]),
        operation("lots", "get", requires: ["lot"]),
        operation("lots", "hold", requires: ["lot", "reason"]),
        operation("lots", "release", requires: ["lot", "reason"]),
        operation("lots", "set-disposition", requires: ["lot", "disposition", "reason"]),
        operation("messages", "send", requires: ["to", "subject", "text"], accepts: ["html", "priority"]),
    ])

    /// An operation of a capability as a function: `<capability>.<operation>:1.0.0@default`.
    package static func operation(
        _ capability: String, _ operation: String, requires: [String], accepts: [String] = []
    ) -> Function {
        Function(
            name: "\(capability).\(operation):1.0.0@default", performer: .connector, capability: capability,
            arguments: requires.map { .init($0, isRequired: true) } + accepts.map { .init($0) })
    }
}
