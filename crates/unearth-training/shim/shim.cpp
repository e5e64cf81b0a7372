// What tch 0.24 does not expose of libtorch.
//
// No exception leaves a function: those that can fail return 0, or -1 with the reason in
// unearth_last_error() of the same thread.
#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <torch/headeronly/version.h>

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace {

thread_local std::string last_error;

template <typename F>
int guarded(F&& f) noexcept {
  try {
    f();
    return 0;
  } catch (const c10::Error& e) {
    last_error = e.what_without_backtrace();
  } catch (const std::exception& e) {
    last_error = e.what();
  } catch (...) {
    last_error = "unknown C++ exception";
  }
  return -1;
}

// Whether both walk memory alike; the stride of a side of length 1 is never walked.
bool same_layout(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return false;
  for (int64_t d = 0; d < a.dim(); ++d) {
    if (a.size(d) > 1 && a.stride(d) != b.stride(d)) return false;
  }
  return true;
}

}  // namespace

extern "C" {

const char* unearth_last_error() { return last_error.c_str(); }

const char* unearth_torch_version() { return TORCH_VERSION; }

// The same kernels and the same summation order in every run, and f32 that is f32.
int unearth_be_reproducible() {
  return guarded([] {
    // cuBLAS reads it when its first handle is made.
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
    auto& context = at::globalContext();
    context.setBenchmarkCuDNN(false);
    context.setDeterministicCuDNN(true);
    // Warn only: what our networks use is deterministic (pooling windows are met one output at
    // a time), but libtorch would refuse some of it unseen.
    context.setDeterministicAlgorithms(true, /*warn_only=*/true);
    context.setDeterministicFillUninitializedMemory(false);
    context.setAllowTF32CuDNN(false);
    context.setAllowTF32CuBLAS(false);
  });
}

// Freed tensors stay with the process instead of being unmapped and faulted in again at every
// step, which costs a quarter of a small network's training time on CPU. The largest are mapped by
// themselves: when memory ran out over them, a smaller batch finds none of it held in pieces.
void unearth_keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
  // Other arenas are made of 64 MiB pieces that would still come and go.
  mallopt(M_ARENA_MAX, 1);
#endif
}

void unearth_return_freed_memory() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

// Asks the system to read what a mapped file holds at these addresses; it may refuse.
void unearth_will_need(const unsigned char* start, uint64_t bytes) {
  static const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t first = reinterpret_cast<uintptr_t>(start) & ~(page - 1);
  const uintptr_t end = reinterpret_cast<uintptr_t>(start) + bytes;
  posix_madvise(reinterpret_cast<void*>(first), end - first, POSIX_MADV_WILLNEED);
}

// Bytes that are free on a CUDA device.
int unearth_free_device_memory(int cuda, uint64_t* bytes) {
  return guarded([=] {
    const auto index = static_cast<c10::DeviceIndex>(cuda);
    *bytes = c10::getDeviceAllocator(at::kCUDA)->getMemoryInfo(index).first;
  });
}

// bfloat16 autocast of this thread; ending it forgets the cached casts of the weights.
int unearth_bf16_autocast(int cuda, int enabled) {
  return guarded([=] {
    const auto device = cuda ? at::kCUDA : at::kCPU;
    if (!enabled) at::autocast::clear_cache();
    at::autocast::set_autocast_dtype(device, at::kBFloat16);
    at::autocast::set_autocast_enabled(device, enabled != 0);
  });
}

// One step of SGD with Nesterov momentum on the gradients in params[i].grad, which it drops.
int unearth_sgd_step(at::Tensor* const* params, at::Tensor* const* momenta, int count,
                     double weight_decay, double momentum, double lr) {
  return guarded([=] {
    at::NoGradGuard no_grad;
    std::vector<at::Tensor> p, g, m;
    for (int i = 0; i < count; ++i) {
      const at::Tensor& grad = params[i]->grad();
      TORCH_CHECK(grad.defined(), "parameter ", i, " has no gradient");
      // The fused kernel walks raw memory.
      TORCH_CHECK(same_layout(grad, *params[i]) && same_layout(*momenta[i], *params[i]),
                  "parameter ", i, " and its gradient or momentum differ in memory layout");
      p.push_back(*params[i]);
      g.push_back(grad);
      m.push_back(*momenta[i]);
    }
    at::_fused_sgd_(p, g, m, weight_decay, momentum, lr, /*dampening=*/0.0, /*nesterov=*/true,
                    /*maximize=*/false, /*is_first_step=*/false);
    for (int i = 0; i < count; ++i) params[i]->mutable_grad().reset();
  });
}

}  // extern "C"
