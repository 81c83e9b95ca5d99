// Pictures that are dropped, chosen or pasted.

const KINDS = ["image/jpeg", "image/png", "image/webp"];

const pictures = (list) => [...(list ?? [])].filter((file) => file.type.startsWith("image/") || !file.type);

/** Hand `take` the pictures chosen in `input` or dropped on `zone`. */
export function takePictures(zone, input, take) {
  const chosen = () => {
    const files = [...input.files];
    input.value = "";
    if (files.length) take(files);
  };
  input.addEventListener("change", chosen);
  chosen(); // before the page was ready
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    zone.classList.remove("over");
    const files = [...event.dataTransfer.files];
    if (files.length) take(files);
  });
}

/** Hand `take` the pictures that are pasted anywhere on the page. */
export function takePasted(take) {
  document.addEventListener("paste", (event) => {
    const files = pictures(event.clipboardData?.files);
    if (files.length) take(files);
  });
}

/** A file that misses a zone must not replace the page. */
export function ignoreStrayDrops() {
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => event.preventDefault());
  }
}

/** What a file chooser should offer. */
export const ACCEPT = KINDS.join();
