/* The problems of bench/workprecision by CVODE of SUNDIALS: Adams with functional iteration where they aren't stiff, BDF with
   Newton's method where they are, with the exact Jacobian, banded for the Brusselator. bench/peers/ivp.py compiles and runs this
   and says what it prints. A line a solve: the problem, the method, the tolerance, the work, the processor time, the end.

     cc -O3 -march=native cvode.c -o cvode -lsundials_cvode -lsundials_nvecserial -lsundials_sunmatrixdense \
        -lsundials_sunmatrixband -lsundials_sunlinsoldense -lsundials_sunlinsolband -lsundials_sunnonlinsolfixedpoint -lm */
#include <cvode/cvode.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <sunlinsol/sunlinsol_band.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_band.h>
#include <sunmatrix/sunmatrix_dense.h>
#include <sunnonlinsol/sunnonlinsol_fixedpoint.h>
#include <time.h>

#define CELLS 250
#define DIFFUSION ((CELLS + 1) * (CELLS + 1) / 50.)
#define PI 3.14159265358979323846

static int lotka_volterra(realtype t, N_Vector yv, N_Vector dv, void *data) {
  realtype *y = N_VGetArrayPointer(yv), *d = N_VGetArrayPointer(dv);
  d[0] = 1.5 * y[0] - y[0] * y[1];
  d[1] = -3 * y[1] + y[0] * y[1];
  return 0;
}

static int lorenz(realtype t, N_Vector yv, N_Vector dv, void *data) {
  realtype *y = N_VGetArrayPointer(yv), *d = N_VGetArrayPointer(dv);
  d[0] = 10 * (y[1] - y[0]);
  d[1] = y[0] * (28 - y[2]) - y[1];
  d[2] = y[0] * y[1] - 8. / 3 * y[2];
  return 0;
}

static int vanderpol(realtype t, N_Vector yv, N_Vector dv, void *data) {
  realtype *y = N_VGetArrayPointer(yv), *d = N_VGetArrayPointer(dv);
  d[0] = y[1];
  d[1] = 1000 * (1 - y[0] * y[0]) * y[1] - y[0];
  return 0;
}

static int robertson(realtype t, N_Vector yv, N_Vector dv, void *data) {
  realtype *y = N_VGetArrayPointer(yv), *d = N_VGetArrayPointer(dv);
  realtype a = 0.04 * y[0], b = 1e4 * y[1] * y[2], c = 3e7 * y[1] * y[1];
  d[0] = b - a;
  d[1] = a - b - c;
  d[2] = c;
  return 0;
}

static int hires(realtype t, N_Vector yv, N_Vector dv, void *data) {
  realtype *y = N_VGetArrayPointer(yv), *d = N_VGetArrayPointer(dv), r = 280 * y[5] * y[7];
  d[0] = -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007;
  d[1] = 1.71 * y[0] - 8.75 * y[1];
  d[2] = -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4];
  d[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3];
  d[4] = -1.745 * y[4] + 0.43 * (y[5] + y[6]);
  d[5] = -r + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6];
  d[6] = r - 1.81 * y[6];
  d[7] = -d[6];
  return 0;
}

static int brusselator(realtype t, N_Vector yv, N_Vector dv, void *data) {
  realtype *y = N_VGetArrayPointer(yv), *d = N_VGetArrayPointer(dv), um = 1, vm = 3;
  for (int i = 0; i < 2 * CELLS; i += 2) {
    realtype u = y[i], v = y[i + 1], r = u * u * v;
    realtype up = i + 2 < 2 * CELLS ? y[i + 2] : 1, vp = i + 2 < 2 * CELLS ? y[i + 3] : 3;
    d[i] = 1 + r - 4 * u + DIFFUSION * (um - 2 * u + up);
    d[i + 1] = 3 * u - r + DIFFUSION * (vm - 2 * v + vp);
    um = u;
    vm = v;
  }
  return 0;
}

#define J(i, k) SM_ELEMENT_D(j, i, k)
#define JACOBIAN(name) \
  static int name(realtype t, N_Vector yv, N_Vector fv, SUNMatrix j, void *data, N_Vector a, N_Vector b, N_Vector c)

JACOBIAN(vanderpol_jacobian) {
  realtype *y = N_VGetArrayPointer(yv);
  J(0, 1) = 1;
  J(1, 0) = -2000 * y[0] * y[1] - 1;
  J(1, 1) = 1000 * (1 - y[0] * y[0]);
  return 0;
}

JACOBIAN(robertson_jacobian) {
  realtype *y = N_VGetArrayPointer(yv);
  J(0, 0) = -0.04, J(0, 1) = 1e4 * y[2], J(0, 2) = 1e4 * y[1];
  J(1, 0) = 0.04, J(1, 1) = -1e4 * y[2] - 6e7 * y[1], J(1, 2) = -1e4 * y[1];
  J(2, 1) = 6e7 * y[1];
  return 0;
}

JACOBIAN(hires_jacobian) {
  realtype *y = N_VGetArrayPointer(yv);
  J(0, 0) = -1.71, J(0, 1) = 0.43, J(0, 2) = 8.32;
  J(1, 0) = 1.71, J(1, 1) = -8.75;
  J(2, 2) = -10.03, J(2, 3) = 0.43, J(2, 4) = 0.035;
  J(3, 1) = 8.32, J(3, 2) = 1.71, J(3, 3) = -1.12;
  J(4, 4) = -1.745, J(4, 5) = 0.43, J(4, 6) = 0.43;
  J(5, 3) = 0.69, J(5, 4) = 1.71, J(5, 5) = -280 * y[7] - 0.43, J(5, 6) = 0.69, J(5, 7) = -280 * y[5];
  J(6, 5) = 280 * y[7], J(6, 6) = -1.81, J(6, 7) = 280 * y[5];
  J(7, 5) = -280 * y[7], J(7, 6) = 1.81, J(7, 7) = -280 * y[5];
  return 0;
}

JACOBIAN(brusselator_jacobian) {
  realtype *y = N_VGetArrayPointer(yv);
  for (int i = 0; i < 2 * CELLS; i += 2) {
    realtype u = y[i], v = y[i + 1];
    SM_ELEMENT_B(j, i, i) = 2 * u * v - 4 - 2 * DIFFUSION;
    SM_ELEMENT_B(j, i, i + 1) = u * u;
    SM_ELEMENT_B(j, i + 1, i) = 3 - 2 * u * v;
    SM_ELEMENT_B(j, i + 1, i + 1) = -u * u - 2 * DIFFUSION;
    if (i + 2 < 2 * CELLS) {
      SM_ELEMENT_B(j, i, i + 2) = SM_ELEMENT_B(j, i + 2, i) = DIFFUSION;
      SM_ELEMENT_B(j, i + 1, i + 3) = SM_ELEMENT_B(j, i + 3, i + 1) = DIFFUSION;
    }
  }
  return 0;
}

typedef struct {
  const char *name;
  int n;
  CVRhsFn f;
  CVLsJacFn jacobian; /* NULL: not stiff */
  int band;           /* 0: dense */
  double small, t1, y0[8];
} problem;

static const problem problems[] = {
    {"lotka-volterra", 2, lotka_volterra, NULL, 0, 1, 10, {1, 1}},
    {"lorenz", 3, lorenz, NULL, 0, 1, 10, {1, 1, 1}},
    {"vanderpol", 2, vanderpol, vanderpol_jacobian, 0, 1, 2000, {2, 0}},
    {"robertson", 3, robertson, robertson_jacobian, 0, 1e-8, 1e11, {1, 0, 0}},
    {"hires", 8, hires, hires_jacobian, 0, 1e-4, 321.8122, {1, 0, 0, 0, 0, 0, 0, 0.0057}},
    {"brusselator", 2 * CELLS, brusselator, brusselator_jacobian, 2, 1, 10, {0}},
};

typedef struct {
  long f, jacobians, factorizations, steps, failures;
  int status;
} work;

/* solve is a whole solve, with all that it allocates. y is the start and becomes the end. */
static work solve(const problem *p, double rtol, N_Vector y, SUNContext ctx) {
  work w = {0};
  realtype t, *v = N_VGetArrayPointer(y);
  for (int i = 0; i < p->n; i++) v[i] = p->n <= 8 ? p->y0[i] : i % 2 ? 3 : 1 + sin(2 * PI * (i / 2 + 1) / (CELLS + 1));
  void *cv = CVodeCreate(p->jacobian ? CV_BDF : CV_ADAMS, ctx);
  CVodeInit(cv, p->f, 0, y);
  CVodeSStolerances(cv, rtol, rtol * p->small);
  CVodeSetMaxNumSteps(cv, 1000000);
  SUNMatrix m = NULL;
  SUNLinearSolver ls = NULL;
  SUNNonlinearSolver nls = NULL;
  if (!p->jacobian) {
    nls = SUNNonlinSol_FixedPoint(y, 0, ctx);
    CVodeSetNonlinearSolver(cv, nls);
  } else {
    m = p->band ? SUNBandMatrix(p->n, p->band, p->band, ctx) : SUNDenseMatrix(p->n, p->n, ctx);
    ls = p->band ? SUNLinSol_Band(y, m, ctx) : SUNLinSol_Dense(y, m, ctx);
    CVodeSetLinearSolver(cv, ls, m);
    CVodeSetJacFn(cv, p->jacobian);
  }
  w.status = CVode(cv, p->t1, y, &t, CV_NORMAL);
  CVodeGetNumRhsEvals(cv, &w.f);
  CVodeGetNumSteps(cv, &w.steps);
  CVodeGetNumErrTestFails(cv, &w.failures);
  w.steps += w.failures;
  if (p->jacobian) {
    CVodeGetNumJacEvals(cv, &w.jacobians);
    CVodeGetNumLinSolvSetups(cv, &w.factorizations);
    SUNLinSolFree(ls);
    SUNMatDestroy(m);
  } else {
    SUNNonlinSolFree(nls);
  }
  CVodeFree(&cv);
  return w;
}

static double processor_time(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

#define BATCHES 5

int main(int argc, char **argv) {
  double spend = argc > 1 ? atof(argv[1]) : 0.03;
  SUNContext ctx;
  SUNContext_Create(NULL, &ctx);
  for (size_t k = 0; k < sizeof problems / sizeof *problems; k++) {
    const problem *p = &problems[k];
    N_Vector y = N_VNew_Serial(p->n, ctx);
    for (int e = 3; e <= 10; e++) {
      double rtol = pow(10, -e), times[BATCHES], begin = processor_time();
      work w = solve(p, rtol, y, ctx);
      int repeats = 1 + (int)(spend / BATCHES / fmax(processor_time() - begin, 1e-6));
      if (w.status < 0) {
        fprintf(stderr, "cvode: %s at %g: status %d\n", p->name, rtol, w.status);
        continue;
      }
      for (int b = 0; b < BATCHES; b++) {
        begin = processor_time();
        for (int r = 0; r < repeats; r++) solve(p, rtol, y, ctx);
        times[b] = (processor_time() - begin) / repeats;
      }
      qsort(times, BATCHES, sizeof *times, ascending);
      printf("{\"problem\": \"%s\", \"library\": \"CVODE\", \"method\": \"%s\", \"rtol\": %g, \"f\": %ld, \"jacobians\": %ld, "
             "\"factorizations\": %ld, \"steps\": %ld, \"seconds\": %.9g, \"y\": [",
             p->name, p->jacobian ? "BDF" : "Adams", rtol, w.f, w.jacobians, w.factorizations, w.steps, times[BATCHES / 2]);
      realtype *v = N_VGetArrayPointer(y);
      for (int i = 0; i < p->n; i++) printf("%s%.17g", i ? ", " : "", v[i]);
      printf("]}\n");
      fflush(stdout);
    }
    N_VDestroy(y);
  }
  SUNContext_Free(&ctx);
  return 0;
}
