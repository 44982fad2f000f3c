import JSON
import Primitives

extension DefinitionEnvelope: MessageReadable {
    func write(to writer: inout MessageWriter) {
        writer.object {
            $0.field("digest", digest)
            $0.field("document", document)
            $0.field("parameters", parameters)
            $0.field("bindings", bindingsMessage)
            $0.field("facts", facts)
        }
    }

    init(message: JSONValue) throws(MessageProblem) {
        var reader = try MessageReader(message)
        self.init(
            digest: try reader.read("digest"), document: try reader.value("document"),
            parameters: try reader.value("parameters"), bindings: try reader.dictionary("bindings"),
            facts: try reader.value("facts"))
        try reader.finish()
    }

    private var bindingsMessage: JSONValue {
        let sorted = bindings.sorted { $0.key < $1.key }
        return .object(JSONObject(uniqueKeysWithValues: sorted.map { ($0.key, .string($0.value.description)) }))
    }
}

extension PlantSettings: MessageReadable {
    /// The members; the caller opens the object.
    func write(to writer: inout MessageWriter) {
        writer.field("revision", revision)
        writer.list("connections", connections) { $1.write(to: &$0) }
        writer.field("runsInHand", maximumRunsInHand)
        writer.field("effects", maximumEffects)
    }

    init(message: JSONValue) throws(MessageProblem) {
        var reader = try MessageReader(message)
        self.init(
            revision: try reader.read("revision"), connections: try reader.list("connections"),
            maximumRunsInHand: try reader.read("runsInHand"), maximumEffects: try reader.read("effects"))
        try reader.finish()
    }
}

extension ConnectionEnvelope: MessageReadable {
    func write(to writer: inout MessageWriter) {
        writer.object {
            $0.field("id", id)
            $0.field("name", name)
            $0.field("connector", connector)
            $0.field("configuration", configuration)
            if let credential { $0.object("credential") { credential.write(to: &$0) } }
            $0.flag("bound", isCredentialBound)
        }
    }

    init(message: JSONValue) throws(MessageProblem) {
        var reader = try MessageReader(message)
        self.init(
            id: try reader.read("id"), name: try reader.read("name"), connector: try reader.value("connector"),
            configuration: try reader.value("configuration"), credential: try reader.readIfPresent("credential"),
            isCredentialBound: try reader.flag("bound"))
        try reader.finish()
    }
}

extension SealedCredential: MessageReadable {
    func write(to writer: inout MessageWriter) {
        writer.field("id", credentialID)
        writer.field("version", version)
        writer.field("key", HexBytes(bytes: encapsulatedKey))
        writer.field("ciphertext", HexBytes(bytes: ciphertext))
    }

    init(message: JSONValue) throws(MessageProblem) {
        var reader = try MessageReader(message)
        self.init(
            credentialID: try reader.read("id"), version: try reader.read("version"),
            encapsulatedKey: try reader.read("key", as: HexBytes.self).bytes,
            ciphertext: try reader.read("ciphertext", as: HexBytes.self).bytes)
        try reader.finish()
    }
}
