extension AsyncStream<Void> {
    /// Returns at the first ring, or after so many seconds.
    func first(orAfter seconds: Double) async {
        await withTaskGroup { group in
            group.addTask { for await _ in self { break } }
            group.addTask { try? await Task.sleep(for: .seconds(seconds)) }
            await group.next()
            group.cancelAll()
        }
    }
}
