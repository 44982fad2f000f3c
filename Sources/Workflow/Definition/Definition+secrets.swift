package import JSON
package import Primitives

extension Definition {
    /// What `$secrets` stands for in a run: markers instead of values, so that no secret reaches the run's state or its
    /// journal. Whoever performs a call puts the values in (`SecretMarker`). A secret of which expressions take members
    /// is an object of markers.
    package func secretMarkers(of runID: RunID) -> [String: JSONValue] {
        let run = runID.description
        return Dictionary(
            uniqueKeysWithValues: secrets.map { name in
                guard let members = secretMembers[name] else {
                    return (name, .string(SecretMarker(runID: run, name: name).text))
                }
                let markers = members.map {
                    ($0, JSONValue.string(SecretMarker(runID: run, name: name, member: $0).text))
                }
                return (name, .object(JSONObject(uniqueKeysWithValues: markers)))
            })
    }
}
