package import JSON

/// One operation of a capability: the canonical call that templates make, whatever system answers it.
package struct CapabilityOperation: Sendable {
    package enum Effect: String, Sendable, Hashable, CaseIterable {
        /// Asking again changes nothing.
        case read
        /// The world is different afterwards.
        case write
    }

    package var capability: String
    package var name: String
    package var version: String
    package var summary: String
    package var effect: Effect
    /// JSON Schemas. A call whose arguments or result do not comply is an error of that call.
    package var arguments: JSONValue
    package var result: JSONValue
    /// How to find out whether a call was done when nobody knows: another operation of the same capability.
    package var lookUp: CapabilityLookUp?

    /// `work-orders.create`.
    package var qualifiedName: String { "\(capability).\(name)" }
    /// As a definition calls it: `work-orders.create:1.0.0@default`.
    package var function: String { "\(qualifiedName):\(version)@default" }
}

/// A read that tells whether a write was done, in the words of the capability.
package struct CapabilityLookUp: Sendable {
    /// The operation to ask, of the same capability.
    package var operation: String
    /// jq over `{arguments, idempotencyKey}`: the read's arguments, or `null` when this call cannot be looked up.
    package var arguments: String
    /// jq over `{arguments, idempotencyKey, found}`: the write's result, or `null` when it was not done.
    package var result: String
}
