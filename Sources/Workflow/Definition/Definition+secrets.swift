import JSON
import Primitives

extension Definition {
    /// What `$secrets` stands for in a run: markers instead of values, so that no secret reaches the run's state or its
    /// journal. Whoever performs a call puts the values in (`SecretMarker`). A secret of which expressions take members
    /// is an object of markers.
    ///
    /// - Parameter scope: what the run's markers are told by.
    func secretMarkers(in scope: String) -> JSONValue {
        var markers = JSONObject()
        for name in secrets {
            guard let members = secretMembers[name] else {
                markers[name] = .string(SecretMarker(runID: scope, name: name).text)
                continue
            }
            var inner = JSONObject()
            for member in members {
                inner[member] = .string(SecretMarker(runID: scope, name: name, member: member).text)
            }
            markers[name] = .object(inner)
        }
        return .object(markers)
    }
}
