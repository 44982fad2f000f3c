import JSON

/// `document.metadata.run`: the names of runs that events start.
extension DecodingPass {
    func checkRunMetadata(_ root: Fields) {
        guard let value = root["document"]?["metadata"]?["run"] else { return }
        let path = JSONPointer(["document", "metadata", "run"])
        let keys = ["businessKey", "priority", "deduplicate"]
        guard let fields = fields(value, "metadata.run", allowed: keys, at: path) else { return }
        if root["schedule"]?["on"] == nil {
            warn(
                .missingField,
                "This is about runs that events start, and no event does. Add schedule.on, or remove it.",
                at: path)
        }
        eventExpression(fields, "businessKey")
        if case .number? = fields["priority"] {
            if let number = integer(fields, "priority"), !(0...100).contains(number) {
                error(.invalidValue, "priority goes from 0 to 100.", at: fields.path("priority"))
            }
        } else {
            eventExpression(fields, "priority")
        }
        _ = choice(fields, "deduplicate", "metadata.run", as: RunMetadata.Deduplicate.self)
        if (root["schedule"]?["on"]?["all"]?.arrayValue?.count ?? 0) > 1 {
            warn(
                .invalidValue,
                "Runs that a set of events starts are called by what the events correlate by. Remove it.", at: path)
        }
    }

    private func eventExpression(_ fields: Fields, _ key: String) {
        guard let text = string(fields, key, "metadata.run") else { return }
        guard text.utf8.count <= RunMetadata.maximumExpressionBytes else {
            error(
                .tooLarge, "\(key) has \(text.utf8.count) bytes; \(RunMetadata.maximumExpressionBytes) are allowed.",
                at: fields.path(key))
            return
        }
        _ = expression(text, ExpressionScope(place: .schedule), at: fields.path(key))
    }
}
