// Pictures from the camera, in a dialog; it is asked for on a button only and let go with the dialog.

import { byId, show } from "./dom.js";
import { speak } from "./i18n.js";

const dialog = byId("camera");
const view = byId("camera-view");
const fault = byId("camera-fault");
const shoot = byId("camera-shoot");
const turn = byId("camera-turn");
const count = byId("camera-count");

const QUALITY = 0.92;

let stream = null;
let facing = "user";
let taken = 0;
let onShot = () => {};

/** Open the camera, `side` "user" or "environment" first; `take` gets each shot, `once` closes after one. */
export function openCamera(side, take, { once = false } = {}) {
  facing = side;
  taken = 0;
  count.replaceChildren();
  onShot = (file) => {
    take(file);
    if (once) dialog.close();
    else speak(count, "camera.count", { count: taken });
  };
  dialog.showModal();
  begin();
}

/** Wire the dialog. */
export function startCamera() {
  dialog.addEventListener("close", end);
  shoot.addEventListener("click", takeShot);
  turn.addEventListener("click", () => {
    facing = facing === "user" ? "environment" : "user";
    begin();
  });
}

async function begin() {
  end();
  show(fault, false);
  shoot.disabled = true;
  try {
    const opened = await request();
    if (!dialog.open) return letGo(opened);
    stream = opened;
    view.srcObject = stream;
    view.classList.toggle("mirrored", facing === "user");
    await view.play();
    const devices = await navigator.mediaDevices.enumerateDevices();
    show(turn, devices.filter((device) => device.kind === "videoinput").length > 1);
    shoot.disabled = false;
    shoot.focus();
  } catch (error) {
    speak(fault, faultOf(error));
    show(fault);
  }
}

function request() {
  if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
  const video = { facingMode: facing, width: { ideal: 1920 }, height: { ideal: 1080 } };
  return navigator.mediaDevices.getUserMedia({ video, audio: false });
}

function faultOf(error) {
  if (error.name === "SecurityError") return "camera.insecure";
  if (error.name === "NotAllowedError") return "camera.denied";
  if (error.name === "NotFoundError") return "camera.none";
  return "camera.failed";
}

function takeShot() {
  const canvas = document.createElement("canvas");
  canvas.width = view.videoWidth;
  canvas.height = view.videoHeight;
  canvas.getContext("2d").drawImage(view, 0, 0);
  canvas.toBlob(
    (blob) => {
      taken += 1;
      onShot(new File([blob], `camera-${taken}.jpg`, { type: "image/jpeg" }));
    },
    "image/jpeg",
    QUALITY,
  );
}

function end() {
  if (stream) letGo(stream);
  stream = null;
  view.srcObject = null;
}

function letGo(opened) {
  opened.getTracks().forEach((track) => track.stop());
}
