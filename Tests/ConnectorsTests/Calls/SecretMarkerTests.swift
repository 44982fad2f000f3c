import Primitives
import Testing

@Suite("markers of secrets")
struct SecretMarkerTests {
    @Test(
        "a marker is read back from its text, whatever its names are",
        arguments: [
            ("run", "name", nil), ("run", "name", "member"), ("r:1", "a/b", "c/d"), ("r", "⟦secret:x:y⟧", "%2F"),
            ("r", "name", ""), ("r", "na\u{301}me ⟧", "e\u{301}"),
        ] as [(String, String, String?)])
    func roundTrip(_ run: String, _ name: String, _ member: String?) {
        let marker = SecretMarker(runID: run, name: name, member: member)
        #expect(SecretMarker.pieces(of: marker.text) == [.marker(marker)])
        let around = SecretMarker.pieces(of: "Bearer \(marker.text)\(marker.text).")
        #expect(around == [.text("Bearer "), .marker(marker), .marker(marker), .text(".")])
    }

    @Test("the form is the one that is written down")
    func form() {
        #expect(SecretMarker(runID: "7", name: "erp").text == "⟦secret:7:erp⟧")
        #expect(SecretMarker(runID: "7", name: "erp", member: "token").text == "⟦secret:7:erp/token⟧")
    }

    @Test(
        "what is no whole marker stays text",
        arguments: [
            "", "plain", "⟦secret:", "⟦secret:run:⟧", "⟦secret::name⟧", "⟦secret:run⟧", "⟦secret:r:a/b/c⟧",
            "⟦secret:r:a%2⟧",
            "⟦secret:r:a%+1⟧", "⟦secret:r:%FF⟧", "⟦ secret:r:a⟧",
            "⟦secret:r:" + String(repeating: "x", count: 2000) + "⟧",
        ])
    func text(_ text: String) {
        #expect(SecretMarker.pieces(of: text) == (text.isEmpty ? [.text("")] : [.text(text)]))
    }

    @Test("an opening without an end does not hide the marker behind it, and a combining mark hides none")
    func hidden() {
        let marker = SecretMarker(runID: "r", name: "n")
        let pieces = SecretMarker.pieces(of: "⟦secret:⟦secret:\(marker.text)\u{301}")
        #expect(pieces == [.text("⟦secret:⟦secret:"), .marker(marker), .text("\u{301}")])
    }
}
