import Connectors
import JSON
import Primitives

/// The secrets of a plant's workflows: a name in `use.secrets` is that of a connection, and the secret its credential.
struct ConnectionSecrets: SecretSource {
    let connections: ConnectionDirectory
    /// `use.secrets` of the definition. No data, wherever it comes from, can name another connection's credential.
    let declared: [String]
    /// Whom the credentials are sealed to.
    let plant: PlantID?

    /// What the vault keeps: an object as such, anything else as the text that it is.
    func secret(_ name: String) -> Redacted<JSONValue>? {
        guard declared.contains(name), let plaintext = connections.credential(named: name, plant: plant) else {
            return nil
        }
        let bytes = plaintext.reveal()
        if let value = try? JSONValue(parsing: bytes), value.objectValue != nil { return Redacted(value) }
        let text = String(decoding: bytes, as: UTF8.self)
        return Redacted(.string(text.last?.isNewline == true ? String(text.dropLast()) : text))
    }
}
