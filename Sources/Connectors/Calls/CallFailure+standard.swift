extension CallFailure {
    /// The same in the words of the Open Workflow Specification: the last part of the URI of one of its error types, a
    /// status where the other side gave one, and the detail. A definition tells an unknown outcome by the detail's words.
    package var standardError: (type: String, status: Int?, detail: String) {
        switch kind {
        case .invalidArguments: ("validation", nil, detail)
        case .configuration: ("configuration", nil, detail)
        case .authentication: ("authentication", status, detail)
        case .authorization: ("authorization", status, detail)
        case .timeout: ("timeout", nil, detail)
        case .communication: ("communication", status, detail)
        case .outcomeUnknown:
            (
                "communication", status,
                detail.hasPrefix("outcome unknown") ? detail : "outcome unknown: \(detail)"
            )
        case .cancelled: ("communication", nil, detail)
        }
    }
}
