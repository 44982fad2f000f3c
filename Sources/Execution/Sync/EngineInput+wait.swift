import Workflow

extension EngineInput {
    /// The wait that the input answers.
    var waitID: String? {
        switch kind {
        case .succeeded(let waitID, _, _), .failed(let waitID, _): waitID
        case .start, .cancel, .reopen: nil
        }
    }
}
