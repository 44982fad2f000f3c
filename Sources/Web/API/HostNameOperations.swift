import HTTPTypes
import JSON
import Primitives
import Tenancy

/// What the platform does about host names: see who holds which, and withdraw one from whoever should not have it.
struct HostNameOperations {
    let brands: BrandDirectory

    var all: [Operation] { [held, withhold, withheld, release] }

    private var held: Operation {
        Operation(
            id: "listHeldHostNames", method: .get, path: "/v1/platform/held-host-names",
            summary: "Every host name that leads to a tenant, and to which; at most 1,000 after a name.", tag: "Brand",
            access: .permission(.partnersWrite, on: .platform), query: [.init("after", "The last name that was read.")],
            success: .init(
                .ok, "The names, in order.",
                schema: Schema.object([
                    "items": Schema.array(
                        Schema.object(["host": Schema.string, "scope": Schema.string], required: ["host", "scope"]))
                ]))
        ) { call in
            let found = try await brands.heldHosts(after: call.queryValues["after"], limit: 1000)
            return .json([
                "items": .array(
                    found.map { ["host": .string($0.host), "scope": .string($0.scope.description)] })
            ])
        }
    }

    private var withhold: Operation {
        Operation(
            id: "withholdHostName", method: .post, path: "/v1/platform/withheld-host-names",
            summary:
                "Withdraws a host name, and all below it, from whoever holds it; nobody claims it until it is released.",
            tag: "Brand", access: .permission(.partnersWrite, on: .platform),
            body: .init(
                Schema.object(["host": Schema.text, "reason": Schema.text], required: ["host", "reason"])),
            success: .init(.created, "It is withheld.", schema: Schema.object(["host": Schema.string]))
        ) { call in
            try await brands.withholdHost(call.text("host"), reason: call.text("reason"), by: call.actor)
            return .json(["host": .string(call.text("host").lowercased())], .created)
        }
    }

    private var withheld: Operation {
        Operation(
            id: "listWithheldHostNames", method: .get, path: "/v1/platform/withheld-host-names",
            summary: "The host names that were withdrawn.", tag: "Brand",
            access: .permission(.partnersWrite, on: .platform),
            success: .init(
                .ok, "All of them.",
                schema: Schema.object([
                    "items": Schema.array(
                        Schema.object(
                            ["host": Schema.string, "reason": Schema.string, "withheldAt": Schema.timestamp],
                            required: ["host", "reason", "withheldAt"]))
                ]))
        ) { call in
            .json([
                "items": .array(
                    try await brands.withheldHosts().map {
                        [
                            "host": .string($0.host), "reason": .string($0.reason),
                            "withheldAt": .string($0.withheldAt.description),
                        ]
                    })
            ])
        }
    }

    private var release: Operation {
        Operation(
            id: "releaseHostName", method: .delete, path: "/v1/platform/withheld-host-names",
            summary: "Lets a withheld host name be claimed again.", tag: "Brand",
            access: .permission(.partnersWrite, on: .platform),
            query: [.init("host", "The host name.", isRequired: true)], success: .init(.noContent, "It is released.")
        ) { call in
            try await brands.releaseHost(call.queryValues["host"] ?? "", by: call.actor)
            return .noContent
        }
    }
}
