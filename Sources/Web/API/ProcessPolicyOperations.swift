import HTTPTypes
import JSON
import Primitives
import Tenancy

/// Which scripts and shell commands the workflows of a plant may run.
struct ProcessPolicyOperations {
    let policies: ProcessPolicyDirectory

    var all: [Operation] { [read, replace] }

    private static let schema = Schema.object(
        [
            "allow": Schema.array(Schema.oneOf(ProcessLanguage.self)), "cpuSeconds": Schema.integer,
            "memoryMegabytes": Schema.integer, "wallSeconds": Schema.integer,
        ], required: ["allow"])

    private var read: Operation {
        Operation(
            id: "readProcessPolicy", method: .get, path: "/v1/plants/{plant}/process-policy",
            summary: "Which scripts and shell commands the plant's workflows may run, and what each may use.",
            tag: "Processes", access: .permission(.processesRead, on: .plant),
            success: .init(.ok, "The policy. A plant allows nothing until it has one.", schema: Self.schema)
        ) { call in .json(try await policies.policy(of: call.scope).json) }
    }

    private var replace: Operation {
        Operation(
            id: "replaceProcessPolicy", method: .put, path: "/v1/plants/{plant}/process-policy",
            summary: "Replaces the plant's process policy. What is left out is as the platform has it by default.",
            tag: "Processes", access: .permission(.processesWrite, on: .plant), body: .init(Self.schema),
            success: .init(.ok, "The policy as it is now.", schema: Self.schema)
        ) { call in
            let policy = try ProcessPolicy(
                allow: (call.body["allow"]?.arrayValue ?? []).compactMap(\.stringValue),
                cpuSeconds: call.body["cpuSeconds"]?.intValue,
                memoryMegabytes: call.body["memoryMegabytes"]?.intValue,
                wallSeconds: call.body["wallSeconds"]?.intValue)
            try await policies.set(policy, for: call.scope, by: call.actor)
            return .json(policy.json)
        }
    }
}
