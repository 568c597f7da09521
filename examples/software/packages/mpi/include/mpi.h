#define MPI_VERSION 3
