package import JSON

/// One call of a capability's operation through a connection.
package struct CapabilityCall: Sendable {
    package var operation: CapabilityOperation
    package var arguments: JSONValue
    /// The same for every try of the same effect, in this process or the next.
    package var idempotencyKey: String
    /// The bound of the whole call with its tries; `nil` leaves `ConnectionClient.maximumCallSeconds`.
    package var timeoutSeconds: Double?
    /// An earlier process may have made this call: nobody knows whether it was done.
    package var mayHaveHappened: Bool

    package init(
        operation: CapabilityOperation, arguments: JSONValue, idempotencyKey: String, timeoutSeconds: Double? = nil,
        mayHaveHappened: Bool = false
    ) {
        self.operation = operation
        self.arguments = arguments.withoutNullMembers
        self.idempotencyKey = idempotencyKey
        self.timeoutSeconds = timeoutSeconds
        self.mayHaveHappened = mayHaveHappened
    }
}

extension JSONValue {
    /// An optional argument that an expression made `null` is an argument that was not given.
    fileprivate var withoutNullMembers: JSONValue {
        guard let object = objectValue, object.values.contains(where: \.isNull) else { return self }
        return .object(JSONObject(uniqueKeysWithValues: object.filter { !$0.value.isNull }.map { ($0.key, $0.value) }))
    }
}
